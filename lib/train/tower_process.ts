/**
 * A tower in a process of its own, with its own view of the adapters: a crash of its driver ends it and
 * nothing else.
 *
 * @module
 */
import { DeviceError } from "../gpu/device.ts";
import type { Pin } from "../gpu/pins.ts";
import type { Timing } from "../gpu/profile.ts";
import type { Target } from "../gpu/recorder.ts";
import { programLine } from "../started.ts";
import { decodeFrames, encodeFrame } from "./frames.ts";
import type { Replica, ReplicaInput, TowerPlace } from "./replica.ts";
import { SharedMemory } from "./shared_memory.ts";
import { layOutMemory, type TowerAnswer, type TowerRequest } from "./tower_messages.ts";
import type { TowerRecording } from "./tower_recording.ts";

/** How much of what the process complained of last is kept. */
const lastWords = 2000;

/** Whether this process may start towers in processes of their own. */
export function mayStartProcesses(): boolean {
  const { state } = Deno.permissions.querySync({ name: "run", command: Deno.execPath() });
  return state === "granted";
}

/** A running process with one adapter open; replicas are made on it. */
export class TowerProcess implements TowerPlace, Disposable {
  /** The adapter's name and what it is told apart by. */
  readonly name: string;
  /** What it runs on. */
  readonly target: Target;
  readonly #link: Link;
  #replicas = 0;

  private constructor(pin: Pin, target: Target, link: Link) {
    const { name } = target.summary;
    this.name = pin.label === name ? `"${name}"` : `"${name}" (${pin.label})`;
    this.target = target;
    this.#link = link;
  }

  /**
   * Starts the process and waits until it has opened its adapter.
   *
   * @throws {DeviceError} if it cannot, or must not start processes
   */
  static async start(pin: Pin): Promise<TowerProcess> {
    if (!mayStartProcesses()) {
      throw new DeviceError(
        `Cannot open the adapter ${pin.label}: it needs a process of its own, and so --allow-run; ` +
          `run \`${programLine()}\`, or take one adapter with --num-gpus=1`,
      );
    }
    const link = new Link(pin.env);
    try {
      const answer = await link.ask({ do: "open", adapter: pin.adapter });
      return new TowerProcess(pin, (answer as { target: Target }).target, link);
    } catch (error) {
      link[Symbol.dispose]();
      if (!(error instanceof DeviceError)) throw error;
      throw new DeviceError(`Cannot open the adapter ${pin.label}: ${error.message}`, {
        cause: error,
      });
    }
  }

  /** The process's number. */
  get pid(): number {
    return this.#link.pid;
  }

  /** Has it build what was recorded. */
  async createReplica(recording: TowerRecording): Promise<Replica> {
    using stack = new DisposableStack();
    const memory = stack.use(SharedMemory.create(layOutMemory(recording).size));
    try {
      await this.#link.ask({ do: "build", recording, memory: memory.path });
    } finally {
      memory.unlink();
    }
    stack.move();
    return new RemoteReplica(this.#link, { recording, memory, replica: this.#replicas++ });
  }

  /** Ends the process. */
  [Symbol.dispose](): void {
    this.#link[Symbol.dispose]();
  }
}

/** What a replica in another process looks like in this one. */
class RemoteReplica implements Replica {
  readonly #link: Link;
  readonly #memory: SharedMemory;
  readonly #replica: number;
  readonly #layout: ReturnType<typeof layOutMemory>;
  readonly #results: Float32Array;
  #step?: Promise<TowerAnswer>;

  constructor(
    link: Link,
    parts: { recording: TowerRecording; memory: SharedMemory; replica: number },
  ) {
    this.#link = link;
    this.#memory = parts.memory;
    this.#replica = parts.replica;
    this.#layout = layOutMemory(parts.recording);
    const { start, end } = this.#layout.results;
    this.#results = new Float32Array(this.#memory.bytes.buffer, start, (end - start) / 4);
  }

  start({ parameters, images, labels, numbers, summary = false }: ReplicaInput): void {
    const memory = this.#memory, layout = this.#layout;
    new Float32Array(memory.bytes.buffer, layout.parameters.start).set(parameters);
    memory.bytes.set(images, layout.images.start);
    memory.bytes.set(labels, layout.labels.start);
    memory.push(layout.parameters.start, layout.labels.end);
    this.#step = this.#link.ask({ do: "step", replica: this.#replica, numbers, summary });
    this.#step.catch(() => {}); // finish() hands it on
  }

  async finish(): Promise<Float32Array> {
    await this.#step;
    const { start, end } = this.#layout.results;
    this.#memory.pull(start, end);
    return this.#results;
  }

  release(): void {}

  async summary(): Promise<ArrayBuffer> {
    const answer = await this.#link.ask({ do: "summary", replica: this.#replica });
    return (answer as { words: ArrayBuffer }).words;
  }

  async profile(): Promise<readonly Timing[]> {
    const answer = await this.#link.ask({ do: "profile", replica: this.#replica });
    return (answer as { timings: readonly Timing[] }).timings;
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }
}

/** Questions to the process and its answers, in turn. */
class Link implements Disposable {
  readonly #child: Deno.ChildProcess;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting: PromiseWithResolvers<TowerAnswer>[] = [];
  #complaints = "";
  #end?: DeviceError;

  constructor(env: Readonly<Record<string, string>>) {
    const script = new URL("./tower_worker.ts", import.meta.url).href;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", ...permissions(), script],
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#requests = this.#child.stdin.getWriter();
    this.#requests.closed.catch(() => {}); // its end is noticed by its status
    this.#listen();
  }

  get pid(): number {
    return this.#child.pid;
  }

  async ask(request: TowerRequest): Promise<TowerAnswer> {
    if (this.#end) throw this.#end;
    const answer = Promise.withResolvers<TowerAnswer>();
    this.#waiting.push(answer);
    this.#requests.write(encodeFrame(request)).catch(() => {}); // likewise
    return await answer.promise;
  }

  [Symbol.dispose](): void {
    this.#end ??= new DeviceError("Cannot use this tower: its process was ended");
    this.#requests.close().catch(() => {});
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It ended by itself.
    }
  }

  async #listen(): Promise<void> {
    const complaints = this.#keepComplaints();
    const answers = this.#resolveAnswers().catch((error) => {
      this.#child.kill("SIGKILL");
      return error as Error;
    });
    const [{ code, signal }, error] = await Promise.all([
      this.#child.status,
      answers,
      complaints,
    ]);
    const how = error?.message ?? (signal ? `it was ended by ${signal}` : `it exited with ${code}`);
    const words = this.#complaints.trim();
    this.#end ??= new DeviceError(`its process is gone: ${how}${words && `; it said: ${words}`}`);
    for (const { reject } of this.#waiting) reject(this.#end);
  }

  async #resolveAnswers(): Promise<undefined> {
    for await (const message of decodeFrames(this.#child.stdout)) {
      const answer = message as TowerAnswer;
      const waiting = this.#waiting.shift();
      if ("failed" in answer) waiting?.reject(new DeviceError(answer.failed));
      else waiting?.resolve(answer);
    }
  }

  async #keepComplaints(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#complaints = (this.#complaints + text).slice(-lastWords);
    }
  }
}

const permissionNames = ["read", "write", "env", "sys", "net", "run", "ffi"] as const;

/** This process's own permissions, without those that a tower has no use for. */
function permissions(): string[] {
  const granted = permissionNames.filter((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );
  if (granted.length === permissionNames.length) return ["--allow-all"];
  const useful = granted.filter((name) => !["net", "run"].includes(name));
  return useful.map((name) => `--allow-${name}`);
}
