// The kernel in a browser: the published code in one bundle, in a page that has nothing else.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type * as Kernel from "@switchboard/core";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const executablePath = "/usr/bin/chromium";
const canRun = process.env["SWITCHBOARD_REQUIRE_SERVERS"] === "1" || existsSync(executablePath);

/** The whole package as one script that defines `kernel`. */
async function bundle(): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      target: "es2023",
      lib: { entry: fileURLToPath(new URL("../src/index.ts", import.meta.url)), formats: ["iife"], name: "kernel" },
    },
  });
  const [first] = Array.isArray(output) ? output : [output];
  if (first === undefined || !("output" in first)) throw new Error("vite built nothing");
  return first.output[0].code;
}

describe.runIf(canRun)("the kernel in a browser [needs chromium]", () => {
  let code: string;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    code = await bundle();
    // The sandbox of Chromium refuses to run as root, as which containers do.
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    page = await browser.newPage();
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => problems.push(message.text()));
    await page.addScriptTag({ content: code });
  });
  afterAll(() => browser.close());

  it("sends, answers, times out, queues and shuts down", async () => {
    const told = await page.evaluate(async () => {
      const { kernel } = window as unknown as { kernel: typeof Kernel };
      const { BasicMessageListener, Dispatcher, MessageQueue } = kernel;
      const dispatcher = Dispatcher.default;
      const queue = new MessageQueue();
      const greeter = new BasicMessageListener("greeter");
      greeter.add({ match: { type: "greet" }, callback: ({ content }) => `Hello, ${String(content)}!` });
      greeter.add({ match: { type: "later" }, asyncCallback: () => new Promise(() => undefined) });
      greeter.add({ match: { content: { note: kernel.ANY } }, queue });
      dispatcher.register(greeter);
      dispatcher.joinGroup("all", greeter);
      const to = { destinationId: "greeter", responseRequired: true };
      const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
      const results: unknown[] = [
        dispatcher.sendSync({ type: "greet", destinationId: "greeter", content: "phone" }),
        await dispatcher.send({ type: "greet", content: "letter", ...to }),
        await dispatcher.send({ type: "later", ...to }, { timeoutMs: 20 }).catch(codeOf),
        await dispatcher.send({ type: "later", ...to }, { signal: AbortSignal.abort("changed my mind") }).catch(String),
        await dispatcher.send({ groupId: "all", content: { note: 1 }, responseRequired: true }),
        (await queue.getQueuedMessage())?.content,
        (await queue.getQueuedMessage({ timeoutMs: 10 })) ?? "nothing",
      ];
      const waiting = dispatcher.send({ type: "later", ...to }).catch(codeOf);
      await dispatcher.shutdown();
      results.push(await waiting, dispatcher.activity().listeners);
      return results;
    });
    expect(told).toEqual([
      "Hello, phone!",
      "Hello, letter!",
      "KERNEL_TIMEOUT",
      "changed my mind",
      null,
      { note: 1 },
      "nothing",
      "KERNEL_SHUT_DOWN",
      0,
    ]);
    expect(problems).toEqual([]);
  });

  it("is a download of less than 18 KiB", () => {
    expect(gzipSync(code).length).toBeLessThan(18 * 1024);
  });
});
