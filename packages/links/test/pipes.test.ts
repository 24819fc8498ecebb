// What is particular to links over IPC and message ports: the pipe has other users, either end may start first, and it may be gone.

import { ChildProcess } from "node:child_process";
import { MessageChannel } from "node:worker_threads";
import { ipcLink, workerLink } from "@switchboard/links";
import { spawnNode } from "@switchboard/testkit";
import { expect, it, onTestFinished } from "vitest";
import { Recorder } from "../src/testing/recorder.ts";

const fixture = new URL("fixtures/far-pipe.ts", import.meta.url);
const pauses = { reconnectMinMs: 1, reconnectMaxMs: 5 };

/** Two links over a pair of message ports, not started. */
function ports() {
  const { port1, port2 } = new MessageChannel();
  const near = { port: port1, link: workerLink(port1, pauses), recorder: new Recorder() };
  const far = { port: port2, link: workerLink(port2, pauses), recorder: new Recorder() };
  onTestFinished(async () => {
    await Promise.all([near.link.close(), far.link.close()]);
    port1.close();
  });
  return { near, far };
}

it("either end may start first", async () => {
  for (const farFirst of [false, true]) {
    const { near, far } = ports();
    const [first, second] = farFirst ? [far, near] : [near, far];
    first.link.start(first.recorder);
    await new Promise((resolve) => setImmediate(resolve));
    second.link.start(second.recorder);
    await Promise.all([near, far].map(({ recorder }) => recorder.when(() => recorder.events.includes("opened"))));
    expect([near.recorder.events, far.recorder.events]).toEqual([["opened"], ["opened"]]);
  }
});

it("both ends may reset at the same time, and open one session again", async () => {
  const { near, far } = ports();
  for (const { link, recorder } of [near, far]) link.start(recorder);
  for (let session = 1; session <= 5; session++) {
    for (const { recorder } of [near, far]) await recorder.when(() => recorder.count("opened") === session);
    for (const { link } of [near, far])
      link.reset(Object.assign(new Error("by the test"), { code: "LINK_LOST", retryable: true, details: {} }));
  }
  for (const { recorder } of [near, far]) await recorder.when(() => recorder.count("opened") === 6);
  near.link.send("in the sixth");
  await far.recorder.when(() => far.recorder.frames.length === 1);
  expect([near.recorder.faults, far.recorder.faults, far.recorder.frames]).toEqual([[], [], ["in the sixth"]]);
});

it("other users of a port are left alone, and leave the link alone", async () => {
  const { near, far } = ports();
  const others: unknown[] = [];
  far.port.on("message", (message) => others.push(message));
  for (const { link, recorder } of [near, far]) link.start(recorder);
  await near.recorder.when(() => near.recorder.events.includes("opened"));
  for (const message of ["text", 7, null, { other: "switchboard" }, [], undefined]) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a message port is not a window and has no origin
    near.port.postMessage(message);
  }
  near.link.send("frame");
  await far.recorder.when(() => far.recorder.frames.length === 1);
  expect(others.filter((message) => !JSON.stringify(message ?? null).includes('{"switchboard":'))).toEqual([
    "text",
    7,
    null,
    { other: "switchboard" },
    [],
    undefined,
  ]);
  expect(far.recorder.events).toEqual(["opened", "received"]);
});

it("hostile words about sessions end the session or mean nothing, and never the process", async () => {
  const { near, far } = ports();
  for (const { link, recorder } of [near, far]) link.start(recorder);
  await near.recorder.when(() => near.recorder.events.includes("opened"));
  const words = [
    { kind: "open" },
    { kind: "ready", mine: 1 },
    { kind: "end", mine: 1, final: "yes" },
    -1,
    1e9,
    0.5,
    NaN,
    true,
    "[1]",
    [[1]],
    [[1], -1],
    [{}, 1],
  ];
  for (const [session, word] of words.entries()) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a message port is not a window and has no origin
    far.port.postMessage({ switchboard: word });
    await near.recorder.when(() => near.recorder.errors.length === session + 1);
    await near.recorder.when(() => near.recorder.count("opened") === session + 2);
  }
  expect(new Set(near.recorder.errors.map(({ code }) => code))).toEqual(new Set(["LINK_PROTOCOL"]));
  expect(near.recorder.faults).toEqual([]);
});

it("a process without an IPC channel is refused", () => {
  expect(() => ipcLink(new ChildProcess())).toThrow(expect.objectContaining({ code: "LINK_OPTION_INVALID" }));
});

it("a link to a child that has ended already is over before it began", async () => {
  const far = spawnNode(fixture, ["peer"]);
  const link = ipcLink(far.child);
  await far.kill();
  const recorder = new Recorder();
  link.start(recorder);
  await new Promise((resolve) => setImmediate(resolve));
  expect([link.reconnects, recorder.events]).toEqual([false, []]);
  await link.close();
});

it("a link over a port that is closed is over", async () => {
  const { near, far } = ports();
  for (const { link, recorder } of [near, far]) link.start(recorder);
  await near.recorder.when(() => near.recorder.events.includes("opened"));
  far.port.close();
  await near.recorder.when(() => near.recorder.errors.length === 1);
  expect(near.recorder.events).toEqual(["opened", "lost LINK_LOST"]);
  expect(near.link.reconnects).toBe(false);
});
