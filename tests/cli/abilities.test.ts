import { assertEquals } from "@std/assert";
import { abilitiesIn, type Surroundings } from "../../lib/cli/abilities.ts";

const terminal: Surroundings = {
  term: "xterm-256color",
  locale: "en_US.UTF-8",
  noColor: false,
  outputIsTerminal: true,
  errorIsTerminal: true,
};
const everything = {
  toTerminal: true,
  color: true,
  moving: true,
  movingColor: true,
  ascii: false,
};

Deno.test("a terminal gets colours, a moving line and all letters", () => {
  assertEquals(abilitiesIn(terminal), everything);
  assertEquals(abilitiesIn({ ...terminal, locale: undefined }), everything);
});

Deno.test("a dumb terminal gets plain lines in ASCII, within its width", () => {
  assertEquals(abilitiesIn({ ...terminal, term: "dumb" }), {
    toTerminal: true,
    color: false,
    moving: false,
    movingColor: false,
    ascii: true,
  });
});

Deno.test("NO_COLOR, a pipe and a locale take what each is about", () => {
  assertEquals(abilitiesIn({ ...terminal, noColor: true }), {
    ...everything,
    color: false,
    movingColor: false,
  });
  assertEquals(abilitiesIn({ ...terminal, outputIsTerminal: false }), {
    ...everything,
    toTerminal: false,
    color: false,
  });
  assertEquals(abilitiesIn({ ...terminal, errorIsTerminal: false }), {
    ...everything,
    moving: false,
    movingColor: false,
  });
  assertEquals(abilitiesIn({ ...terminal, locale: "C" }), { ...everything, ascii: true });
});
