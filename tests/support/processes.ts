/** Looking at other processes, on Linux. */

// Reading /proc takes all permissions, which tests do not have and `deno eval` does.
const script = `
for (const { name } of Deno.readDirSync("/proc")) {
  if (!/^[0-9]+$/.test(name)) continue;
  try {
    const [state, parent] = Deno.readTextFileSync("/proc/" + name + "/stat")
      .replace(/^.*\\) /s, "").split(" ");
    if (state !== "Z") console.log(name, parent);
  } catch { /* it ended meanwhile */ }
}`;

/** The living processes with the one that started each. */
async function processes(): Promise<{ pid: number; parent: number }[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", script] }).output();
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
    const [pid, parent] = line.split(" ").map(Number);
    return { pid, parent };
  });
}

/** The living processes that a process has started, in the order of their numbers. */
export async function childrenOf(pid: number): Promise<number[]> {
  const all = await processes();
  return all.filter(({ parent }) => parent === pid).map(({ pid }) => pid).sort((a, b) => a - b);
}

/** Waits for the end of a process; throws after 10 s. */
export async function ended(pid: number): Promise<void> {
  const start = performance.now();
  while ((await processes()).some((process) => process.pid === pid)) {
    if (performance.now() - start > 10_000) throw new Error(`Process ${pid} lives on after 10 s`);
  }
}
