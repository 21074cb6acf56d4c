import { assertEquals } from "@std/assert";
import { Terminal, type TerminalOptions } from "../../lib/cli/terminal.ts";

const clearLine = "\r\x1b[K";
const colors = ["\x1b[36m", "\x1b[0m"];

/** What a screen shows, as far as a terminal's one moving line needs it. */
class Screen {
  lines = [""];

  write(text: string): void {
    for (const color of colors) text = text.replaceAll(color, "");
    for (const [i, part] of text.split(clearLine).entries()) {
      if (i > 0) this.lines[this.lines.length - 1] = "";
      const [rest, ...lines] = part.split("\n");
      this.lines[this.lines.length - 1] += rest;
      this.lines.push(...lines);
    }
  }
}

function open(
  options: Partial<TerminalOptions> = {},
): { screen: Screen; terminal: Terminal; raw: string[] } {
  const screen = new Screen();
  const raw: string[] = [];
  const terminal = new Terminal({
    isTerminal: true,
    color: false,
    columns: () => 41,
    writeLine: (line) => screen.write(`${line}\n`),
    write: (text) => {
      raw.push(text);
      screen.write(text);
    },
    ...options,
  });
  return { screen, terminal, raw };
}

const progress = { step: 5, total: 10, elapsedSeconds: 5 };
const line = "[=========         ]  50%  5/10  5s left";

Deno.test("progress stays in the last line while lines of output scroll above it", () => {
  const { screen, terminal } = open();
  terminal.log("one");
  terminal.progress(progress);
  assertEquals(screen.lines, ["one", line]);
  terminal.log("two");
  assertEquals(screen.lines, ["one", "two", line]);
  terminal.progress(undefined);
  terminal.log("three");
  assertEquals(screen.lines, ["one", "two", "three", ""]);
});

Deno.test("a line that has not changed is not drawn again", () => {
  const { terminal, raw } = open();
  terminal.progress(progress);
  terminal.progress(progress);
  assertEquals(raw.length, 1);
});

Deno.test("where nobody watches there is no progress, only lines", () => {
  const { screen, terminal, raw } = open({ isTerminal: false });
  terminal.progress(progress);
  terminal.log("one");
  assertEquals([screen.lines, raw], [["one", ""], []]);
});

Deno.test("colours are used only where they are welcome", () => {
  const plain = open();
  plain.terminal.progress(progress);
  assertEquals(plain.raw, [`\r\x1b[K${line}`]);
  const colored = open({ color: true });
  colored.terminal.progress(progress);
  assertEquals(colored.raw, [`\r\x1b[K\x1b[36m${line}\x1b[0m`]);
});

Deno.test("the losses of a run become a curve, and the next run begins another", () => {
  const { screen, terminal } = open({ columns: () => 81 });
  const at = (step: number, loss: number) =>
    terminal.progress({ step, total: 4, elapsedSeconds: step, loss });
  at(1, 8);
  at(2, 4);
  at(3, 1);
  assertEquals(screen.lines, [
    "[=======================       ]  75%  3/4  1s left  loss 1.00 █▆▁",
  ]);
  terminal.progress(undefined);
  at(1, 8);
  assertEquals(screen.lines[0].endsWith("loss 8.00 ▁"), true, screen.lines[0]);
});
