import { build } from "esbuild";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import path from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Outcome, train } from "./train.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** `CHROME_PATH`, else the first browser of these names in `PATH`. */
function findBrowser(): string | undefined {
  const { CHROME_PATH, PATH = "" } = process.env;
  if (CHROME_PATH) return CHROME_PATH;
  return PATH.split(path.delimiter)
    .flatMap((folder) => NAMES.map((name) => path.join(folder, name)))
    .find((file) => existsSync(file));
}

const executablePath = findBrowser();
const MISSING = `none of ${NAMES.join(", ")} is in PATH: install one, or set CHROME_PATH`;

/** Serves an empty page at `/` and, with the headers that let it share memory, at `/isolated`. */
async function serve(script: string): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === "/isolated")
      response.setHeaders(
        new Map([
          ["Cross-Origin-Opener-Policy", "same-origin"],
          ["Cross-Origin-Embedder-Policy", "require-corp"],
        ]),
      );
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(`<!doctype html><title>Nabla</title><script type="module">${script}</script>`);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return server;
}

describe("in a browser", () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    if (executablePath === undefined) {
      console.warn(`test/browser is skipped: ${MISSING}`);
      return;
    }
    const { outputFiles } = await build({
      entryPoints: [path.join(import.meta.dirname, "train.ts")],
      bundle: true,
      format: "esm",
      platform: "browser",
      target: "es2022",
      external: ["node:*"],
      write: false,
      absWorkingDir: ROOT,
      logLevel: "silent",
    });
    server = await serve(outputFiles[0].text);
    // Without a sandbox, as the tests may run as root in a container.
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  async function trainIn(address: string, threads: number): Promise<Outcome> {
    const page = await browser.newPage();
    const errors: Error[] = [];
    page.on("pageerror", (error) => errors.push(error));
    const { port } = server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}${address}`);
    await page.waitForFunction("typeof train === 'function'");
    const outcome = await page.evaluate<Outcome>(`train(${threads})`);
    expect(errors).toEqual([]);
    await page.close();
    return outcome;
  }

  test("a net is trained, with and without shared memory", async ({ skip }) => {
    if (executablePath === undefined) skip(MISSING);
    const alone = await trainIn("/", 2);
    expect(alone).toMatchObject({ device: "wasm", isolated: false, workers: 0 });
    expect(alone.losses.at(-1)).toBeLessThan(0.1);
    expect(alone.accuracy).toBeGreaterThan(0.97);

    const together = await trainIn("/isolated", 2);
    expect(together).toMatchObject({ device: "wasm", isolated: true, workers: 1 });
    // Threads never change a result.
    expect(together.losses).toEqual(alone.losses);

    // Engines may round a multiplication and an addition once or twice.
    const here = await train(1);
    here.losses.slice(0, 20).forEach((loss, i) => expect(alone.losses[i]).toBeCloseTo(loss, 3));
  });
});
