// `switchboard init` by flags: what it writes, and what it refuses. What is in the file is tested with the gateway.

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "@switchboard/testkit";
import { afterEach, expect, it, vi } from "vitest";
import { run } from "../src/index.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

async function init(...flags: string[]): Promise<{ code: number; path: string; said: string }> {
  const path = join(tempFolder(), "clinic.yaml");
  const lines: string[] = [];
  for (const stream of ["log", "error"] as const) {
    vi.spyOn(console, stream).mockImplementation((text) => void lines.push(String(text)));
  }
  const code = await run(["init", path, "--yes", ...flags]);
  return { code, path, said: lines.join("\n") };
}

it("writes a file that only its owner can read, and says what to do with it", async () => {
  const { code, path, said } = await init("--channels", "telnet, http", "--amqp", "amqp://me:secret@broker/");
  expect(code).toBe(0);
  expect(readFileSync(path, "utf8")).toContain("url: amqp://me:secret@broker/");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(said).toContain(`switchboard check ${path}`);
  expect(await run(["init", path, "--yes"])).toBe(1);
});

it.each([
  [["--channels", "telnet,sma"], "--channels: expected some of telnet, http, sms, ussd, got sma"],
  [["--amqp", "localhost"], "--amqp: expected an address such as amqp://"],
  [["--postgresql", "mysql://x"], "--postgresql: expected an address such as postgresql://"],
  [["--redis", "localhost:6379"], "--redis: expected an address such as redis://"],
])("refuses %j, and writes nothing", async (flags, reason) => {
  const { code, path, said } = await init(...flags);
  expect(code).toBe(1);
  expect(said).toContain(reason);
  expect(existsSync(path)).toBe(false);
});
