/**
 * Images a second for 1 to 64 cards and 1 to 64 hosts, from the parts of a step: see scaling.md.
 *
 *   deno run bench/scaling.ts [--network=1250]
 *
 * `--network` is what a host sends and receives, in MB a second.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { table } from "../lib/cli/table.ts";

const { network: networkSpeed } = parseArgs(Deno.args, { default: { network: 1250 } });

/** Milliseconds as `tower_bench.ts` and `reader_bench.ts` measured them, with 4.27 MB of parameters. */
const measured = {
  /** A batch of one tower out of the shuffle queue; each host draws those of all. */
  queue: 0.12,
  /** Parameters to the adapter. */
  upload: 0.27,
  /** Gradients from the adapter. */
  readBack: 0.25,
  /** Parameters into the memory of another process, or gradients out of it. */
  share: 0.07,
  /** One pass that reads the sum and one tower's gradients. */
  add: 0.9,
  /** The pass of the update. */
  update: 1.05,
};
const megabytes = 4.27;
const batch = 128;
/** Of one message over the network, assumed. */
const latency = 0.05;

/** Milliseconds of a step on `cards` cards in each of `hosts`, each card needing `compute` for its batch. */
function step(
  { cards, hosts, compute }: { cards: number; hosts: number; compute: number },
): number {
  const { queue, upload, readBack, share, add, update } = measured;
  // One card alone is in the process of the run. Of several each has its own: the run's one thread
  // copies parameters to all, one after the other, while the first already compute.
  const out = cards === 1 ? upload : cards * share + upload;
  const back = cards === 1 ? readBack : readBack + share;
  const sum = hosts === 1 && cards === 1 ? 0 : (cards - 1) * add;
  // A rank sends all of its sum but its own slice, and then its slice to all.
  const sent = 2 * megabytes * (hosts - 1) / hosts;
  const network = hosts === 1
    ? 0
    : sent / Number(networkSpeed) * 1000 + 4 * latency * Math.log2(hosts) + add;
  // Waiting for a card holds the thread in its own process, and lets it fill batches otherwise.
  const batches = queue * cards * hosts;
  const computing = cards === 1 ? compute + batches : Math.max(compute, batches);
  return out + computing + back + sum + network + update;
}

function printTable(heading: string, compute: readonly number[], of: "cards" | "hosts"): void {
  const counts = [1, 2, 4, 8, 16, 32, 64];
  const rows = counts.map((count) => [
    String(count),
    ...compute.flatMap((compute) => {
      const at = { cards: 1, hosts: 1, compute, [of]: count };
      const milliseconds = step(at), one = step({ ...at, [of]: 1 });
      return [
        (count * batch * 1000 / milliseconds).toFixed(0),
        `${(100 * one / milliseconds).toFixed(0)}%`,
      ];
    }),
  ]);
  console.log(`\n${heading}`);
  const header = compute.flatMap((compute) => [`${compute} ms`, "of ideal"]);
  for (const line of table([of, ...header], rows)) console.log(line);
}

/** Milliseconds of compute: the processor of bench/README.md, a card of a laptop, and its H100. */
const computes = [120, 6, 0.8];
printTable(
  "Cards in one host, images a second, by milliseconds of compute a batch",
  computes,
  "cards",
);
printTable(`Hosts of one card, ${networkSpeed} MB/s`, computes, "hosts");
