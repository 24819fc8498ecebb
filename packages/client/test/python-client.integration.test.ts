// A client written in Python, as programs of FreeNAS 10 have it, against the real server: it knows nothing of ours. Skipped where there is no Python 3.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RealServer, startRealServer } from "./real-server.ts";

const program = fileURLToPath(new URL("fixtures/dispatcher_client.py", import.meta.url));
const { stdout } = spawnSync("python3", ["-c", "import sys; print(sys.version_info >= (3, 8))"], { encoding: "utf8" });
// `stdout` is null where there is nothing to run.
const hasPython = (stdout as string | null)?.trim() === "True";

describe("a Python client", () => {
  let real: RealServer;

  beforeAll(async () => {
    real = await startRealServer();
  });

  afterAll(() => real.close());

  /** Everything that the program says, in order. */
  async function run(): Promise<readonly (readonly [string, unknown])[]> {
    const { hostname, port } = new URL(real.webSocket);
    const { username, password } = real.login;
    const path = real.unix.slice("unix:".length);
    const child = spawn("python3", [program, hostname, port, path, username, password]);
    let [said, complaints] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
    const [code] = (await once(child, "close")) as [number | null];
    expect({ code, complaints }).toEqual({ code: 0, complaints: "" });
    const lines = said.trimEnd().split("\n");
    return lines.map((line) => JSON.parse(line) as [string, unknown]);
  }

  it("logs in, calls, streams, hears and emits events, runs tasks and owns a service, over a WebSocket and a Unix socket", async (context) => {
    context.skip(!hasPython, "no python3 of 3.8 or later");
    // Of 123456 microseconds.
    const values = { at: "2017-05-09T00:35:49.123000", bytes: "café", text: "Ж 𝄞" };
    const perTransport = (name: string): unknown[] => [
      ["transport", name],
      ["stranger", { code: 13, extra: null }],
      ["wrong", { code: 13, extra: null }],
      ["token", 32],
      ["add", 3],
      ["unknown", { code: 2, extra: null }],
      ["invalid", { code: 22, extra: [expect.objectContaining({ path: [0], code: 22 })] }],
      ["values", [values]],
      ["long", 200_000],
      ["many", 9_900],
      ["collected", 33],
      ["streamed", { sum: 561, fragments: 3 }],
      ["empty", []],
      ["first", 20],
      ["after", 1],
      ["events", { numbers: [1, 2, 3], utc: true }],
      ["task", { state: "FINISHED", result: "done", updates: ["EXECUTING", "FINISHED", "WAITING"] }],
      ["failing", { state: "FAILED", code: 16, message: "the pool is busy" }],
      ["unknown task", { code: 22, extra: null }],
      ["other", "root"],
      ["kicked", [null, true, true]],
      ["service login", []],
      ["routed", "rain in Oslo"],
      ["routed error", { code: 16, extra: { by: 7 } }],
      ["methods", ["today", "busy"]],
    ];
    expect(await run()).toEqual([...perTransport("websocket"), ...perTransport("unix")]);
  });
});
