/**
 * The runs that are shown, with what their event files say.
 *
 * @module
 */
import { EventLog } from "./event_log.ts";
import { type DashboardMessage, type FoundRuns, type LogName, logNames } from "./message.ts";

/** Runs and their logs, kept up as they grow and as further runs come. */
export class RunLogs {
  readonly #find: () => Promise<FoundRuns>;
  #found: FoundRuns = { runs: [], waiting: [], problems: [] };
  #logs: Record<LogName, EventLog>[] = [];

  /** Has looked nowhere yet. */
  constructor(find: () => Promise<FoundRuns>) {
    this.#find = find;
  }

  /** A run's log by the run's place in the list. */
  log(run: number, name: LogName): EventLog | undefined {
    return this.#logs[run]?.[name];
  }

  /** All there is, as messages. */
  all(): DashboardMessage[] {
    return [
      this.#found,
      ...this.#places().map((place) => ({ ...place, update: this.#all(place) })),
    ];
  }

  /** Looks for further runs; gives a message if the list is another than before. */
  async *findMore(): AsyncGenerator<DashboardMessage, void, void> {
    const found = await this.#find();
    if (JSON.stringify(found) === JSON.stringify(this.#found)) return;
    this.#found = found;
    for (const { directory } of found.runs.slice(this.#logs.length)) {
      // Pictures of an evaluation are many, and only those of the newest are shown.
      const evaluation = new EventLog(`${directory}/eval`, { images: 2 });
      this.#logs.push({ train: new EventLog(directory), eval: evaluation });
    }
    yield found;
  }

  /** Reads on in all event files, a part at a time. */
  async *readOn(): AsyncGenerator<DashboardMessage, void, void> {
    for (const { run, log } of this.#places()) {
      // A directory that cannot be read now may be readable later.
      const look = () => this.#logs[run][log].update().catch(() => undefined);
      for (let update; (update = await look());) yield { run, log, update };
    }
  }

  #places(): { run: number; log: LogName }[] {
    return this.#logs.flatMap((_, run) => logNames.map((log) => ({ run, log })));
  }

  #all({ run, log }: { run: number; log: LogName }) {
    return this.#logs[run][log].all();
  }
}
