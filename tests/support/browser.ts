/** A real browser, where there is one. */
import { type Browser, chromium, type Page } from "playwright-core";
import { browserPath } from "./browser_path.ts";

/** A page and what it complained of. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings of its console, and exceptions that nobody caught. */
  readonly complaints: string[];
}

/** Opens a browser with one empty page. */
export async function openPage({ args = [] }: { args?: string[] } = {}): Promise<OpenPage> {
  const browser: Browser = await chromium.launch({
    executablePath: browserPath,
    // The sandbox needs rights that containers do not give.
    args: ["--no-sandbox", ...args],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  return { page, complaints, [Symbol.asyncDispose]: () => browser.close() };
}
