// What a browser loads: a bundle without anything of Node's, small, and working in a place that has only what browsers have.

import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, it } from "vitest";
import type * as door from "../src/index.ts";
import { MemoryPeer } from "../src/testing/index.ts";

const entry = fileURLToPath(new URL("../src/index.ts", import.meta.url));

async function bundle(): Promise<{ readonly code: string; readonly imports: readonly string[] }> {
  const built = (await build({
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["source", "module", "browser"] },
    build: { write: false, minify: true, target: "es2023", lib: { entry, name: "switchboard", formats: ["iife"] } },
  })) as { output: { type: string; code?: string; imports?: string[] }[] }[];
  const chunks = built.flatMap(({ output }) => output.filter(({ type }) => type === "chunk"));
  return { code: chunks.map(({ code = "" }) => code).join(""), imports: chunks.flatMap(({ imports = [] }) => imports) };
}

it("is small, imports nothing, and calls a server from a browser's globals", async () => {
  const { code, imports } = await bundle();
  expect(imports).toEqual([]);
  const bytes = gzipSync(code).length;
  process.stdout.write(`client bundle: ${code.length} bytes, ${bytes} bytes gzipped\n`);
  expect(bytes).toBeLessThan(16_000);

  const timers = { setTimeout, clearTimeout, queueMicrotask };
  const context = createContext({ ...timers, console, AbortController, TextEncoder, TextDecoder, atob, btoa });
  runInContext(code, context);
  const { connect } = (context as unknown as { switchboard: typeof door }).switchboard;
  const peer = new MemoryPeer({ services: { test: { add: (a: number, b: number) => a + b } } });
  const client = await connect({ openSocket: peer.openSocket, login: { username: "ada", password: "x" } });
  expect(await client.call("test.add", [1, 2])).toBe(3);
  await client.close();
});
