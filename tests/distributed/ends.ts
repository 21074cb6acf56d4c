/**
 * How runs end when something dies.
 *
 * @module
 */
import { assert } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { type InstalledLauncher, start } from "./launchers.ts";

const ranks = 3;

/**
 * Starts ranks that would go on forever, sends the signal to one of them or to their launcher, and
 * waits until all processes are gone: for how many seconds, and what was said.
 */
export async function end(
  launcher: InstalledLauncher,
  { signal, victim }: { signal: Deno.Signal; victim: "a rank" | "the launcher" },
): Promise<{ seconds: number; told: string }> {
  const process = start(launcher, { ranks, tasks: ["forever"] });
  const err = new Response(process.stderr).text();
  const lines = process.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  const numbers = await processesOf(lines);
  const out = Array.fromAsync(lines);
  const sent = performance.now();
  if (victim === "a rank") Deno.kill(numbers.get(ranks - 1)!, signal);
  else process.kill(signal);
  const { success } = await process.status;
  // What a launcher says after a signal to itself is its own affair: MPICH's may say that all went well.
  if (victim === "a rank") assert(!success);
  while ([...numbers.values()].some(isAlive)) await new Promise((go) => setTimeout(go, 20));
  const seconds = (performance.now() - sent) / 1000;
  const told = await err + (await out).join("\n"); // Open MPI tells it here, MPICH there
  return { seconds, told };
}

/** The numbers of the processes by rank, when all ranks have told theirs. */
async function processesOf(lines: ReadableStream<string>): Promise<Map<number, number>> {
  const numbers = new Map<number, number>();
  for await (const line of lines.values({ preventCancel: true })) {
    const [, rank, number] = line.match(/^rank (\d) is process (\d+)$/)!;
    numbers.set(Number(rank), Number(number));
    if (numbers.size === ranks) break;
  }
  return numbers;
}

/** Whether a process runs; one that ended but is not yet taken note of by its parent does not. */
function isAlive(number: number): boolean {
  try {
    if (Deno.build.os === "linux") return Deno.readTextFileSync(`/proc/${number}/cmdline`) !== "";
    Deno.kill(number, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}
