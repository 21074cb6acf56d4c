import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { browserPath } from "../support/browser_path.ts";

const subjects = ["training", "charts", "panels", "sizes", "connection"];

for (const subject of subjects) {
  Deno.test({
    name: `the page in a browser: ${subject}${
      browserPath ? "" : " (needs Chromium: apt-get install chromium)"
    }`,
    ignore: !browserPath,
    fn: async () => {
      const tests = fromFileUrl(new URL(`./${subject}_in_browser.ts`, import.meta.url));
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["test", "--allow-all", "--no-check", tests],
        env: { NO_COLOR: "1" },
      }).output();
      const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      assertEquals(code, 0, out + err);
    },
  });
}
