// Services that a client offers: what it answers when the server calls.

import { type ClientFrame, RpcError } from "@switchboard/protocol";
import { afterEach, expect, it } from "vitest";
import type { Service } from "../src/index.ts";
import { closeAll, rejection, settled, setup } from "./kit.ts";

afterEach(closeAll);

let producerEnded = false;
const signals: AbortSignal[] = [];

const service: Service = {
  description: "tells the weather",
  methods: {
    today: (city: string) => `rain in ${city}`,
    fail: () => {
      throw new RpcError(16, "busy", { extra: { until: 5 } });
    },
    crash: () => {
      throw new Error("at /etc/secret/file.ts");
    },
    hours: async function* (count: number): AsyncIterable<number> {
      try {
        for (let hour = 0; hour < count; hour++) yield hour;
      } finally {
        producerEnded = true;
      }
    },
    slow: {
      description: "never ends",
      accepts: [{ type: "string", title: "city" }],
      returns: { type: "null" },
      private: true,
      passSignal: true,
      handler: (_city: string | undefined, signal: AbortSignal) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    },
    named: { accepts: [{ title: "a" }, { title: "b" }], handler: (a: unknown, b: unknown) => [a ?? null, b ?? null] },
    list: () => [1, 2],
    bytes: () => new Uint8Array([104, 105]),
  },
};

/** What a client answers under an id. */
function answers(received: readonly ClientFrame[], id: string): unknown[] {
  return received.flatMap((frame) => (frame.id === id ? [[frame.name, frame.args]] : []));
}

it("is registered, then resumed, and answers by value and error", async () => {
  const { client, peer, errors } = await setup();
  await client.offer("weather", service);
  const calls = peer.received.flatMap((frame) => (frame.name === "call" ? [[frame.args.method, frame.args.args]] : []));
  expect(calls.slice(1)).toEqual([
    ["plugin.register_service", ["weather"]],
    ["plugin.resume_service", ["weather"]],
  ]);
  peer.callClient("weather.today", ["Oslo"], "1");
  peer.callClient("weather.fail", [], "2");
  peer.callClient("weather.crash", [], "3");
  peer.callClient("weather.unknown", [], "4");
  peer.callClient("news.today", [], "5");
  peer.callClient("weather.constructor", [], "6");
  peer.callClient("weather.list", [], "7");
  peer.callClient("weather.bytes", [], "8");
  await settled();
  const answered = ["1", "2", "3", "4", "5", "6", "7", "8"].map((id) => answers(peer.received, id)[0]);
  expect(answered).toEqual([
    ["response", "rain in Oslo"],
    ["error", { code: 16, message: "busy", extra: { until: 5 } }],
    ["error", { code: 14, message: "the service failed unexpectedly" }],
    ["error", { code: 2, message: 'unknown method "unknown"' }],
    ["error", { code: 2, message: 'no service for "news.today" is offered here' }],
    ["error", { code: 2, message: 'unknown method "constructor"' }],
    ["response", [1, 2]],
    ["response", new Uint8Array([104, 105])],
  ]);
  expect(errors).toMatchObject([{ message: "at /etc/secret/file.ts" }]);
});

it("describes itself", async () => {
  const { client, peer } = await setup();
  await client.offer("weather", service);
  peer.callClient("weather.get_metadata", [], "1");
  peer.callClient("weather.enumerate_methods", [], "2");
  await settled();
  expect(answers(peer.received, "1")).toEqual([["response", { private: false, description: "tells the weather" }]]);
  const [[, methods]] = answers(peer.received, "2") as [[string, unknown[]]];
  expect(methods).toContainEqual({ name: "today", private: false });
  expect(methods).toContainEqual({
    name: "slow",
    private: true,
    description: "never ends",
    "params-schema": { type: "array", items: [{ type: "string", title: "city" }] },
    "result-schema": { type: "null" },
  });
});

it("takes arguments by name where its method names them", async () => {
  const { client, peer } = await setup();
  await client.offer("weather", service);
  peer.callClient("weather.named", { b: 2 }, "1");
  peer.callClient("weather.named", { c: 3 }, "2");
  peer.callClient("weather.named", [1, 2, 3], "3");
  peer.callClient("weather.named", { toString: 1 }, "4");
  await settled();
  expect(answers(peer.received, "1")).toEqual([["response", [null, 2]]]);
  for (const id of ["2", "3", "4"]) expect(answers(peer.received, id)).toMatchObject([["error", { code: 22 }]]);
});

it("streams what a method yields, piece by piece, as it is asked for", async () => {
  const { client, peer } = await setup();
  await client.offer("weather", service);
  const want = (seqno: number): void => peer.push({ namespace: "rpc", name: "continue", id: "1", args: seqno });
  peer.callClient("weather.hours", [33], "1");
  await settled();
  want(2);
  await settled();
  expect(answers(peer.received, "1").map((answer) => (answer as unknown[])[0])).toEqual(["fragment", "fragment"]);
  want(3);
  want(4);
  await settled();
  expect(answers(peer.received, "1").slice(2)).toEqual([
    ["fragment", { seqno: 3, fragment: [32] }],
    ["end", 4],
    ["close", null],
  ]);
  want(5);
  await settled();
  expect(answers(peer.received, "1").at(-1)).toMatchObject(["error", { code: 2 }]);
});

it("skips pieces, refuses to go back, and ends an empty stream at once", async () => {
  const { client, peer } = await setup();
  await client.offer("weather", service);
  peer.callClient("weather.hours", [100], "1");
  await settled();
  peer.push({ namespace: "rpc", name: "continue", id: "1", args: 2 });
  await settled();
  peer.push({ namespace: "rpc", name: "continue", id: "1", args: 4 });
  // Two fragments have to be produced.
  for (let turn = 0; turn < 3; turn++) await settled();
  expect(answers(peer.received, "1").at(-1)).toMatchObject(["fragment", { seqno: 4, fragment: { 0: 48 } }]);
  peer.push({ namespace: "rpc", name: "continue", id: "1", args: 3 });
  await settled();
  expect(answers(peer.received, "1").at(-1)).toMatchObject(["error", { code: 22 }]);
  peer.callClient("weather.hours", [0], "2");
  await settled();
  expect(answers(peer.received, "2")).toEqual([
    ["end", 1],
    ["close", null],
  ]);
});

it("stops what an abort, or the end of the connection, makes needless", async () => {
  producerEnded = false;
  signals.length = 0;
  const { client, peer } = await setup();
  await client.offer("weather", service);
  peer.callClient("weather.hours", [1_000], "1");
  peer.callClient("weather.slow", [], "2");
  peer.callClient("weather.slow", {}, "3");
  peer.callClient("weather.slow", [], "3");
  await settled();
  expect(answers(peer.received, "3")).toMatchObject([["error", { code: 22 }]]);
  for (const id of ["1", "2", "4"]) peer.push({ namespace: "rpc", name: "abort", id, args: null });
  await settled();
  expect([producerEnded, signals.map(({ aborted }) => aborted)]).toEqual([true, [true, false]]);
  expect(answers(peer.received, "2")).toEqual([["close", null]]);
  expect(answers(peer.received, "4")).toMatchObject([["error", { code: 2 }]]);
  peer.cut();
  await settled();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});

it("is taken back, and is not offered when the server refuses", async () => {
  const { client, peer, clock } = await setup();
  const withdraw = await client.offer("weather", service);
  await withdraw();
  await withdraw();
  peer.callClient("weather.today", ["Oslo"], "1");
  await settled();
  expect(answers(peer.received, "1")).toMatchObject([["error", { code: 2 }]]);
  const taken = (): never => {
    throw new RpcError(17, "the name is taken");
  };
  const refused = await setup({ services: { plugin: { register_service: taken } } });
  expect(await rejection(refused.client.offer("task", service))).toMatchObject({ errno: 17 });
  peer.cut();
  await clock.advance(500);
  const methods = peer.received.flatMap((frame) => (frame.name === "call" ? [frame.args.method] : []));
  expect(methods.filter((method) => method === "plugin.unregister_service")).toHaveLength(1);
  expect(methods.at(-1)).toBe("management.enable_features");
});

it("of another owner, met when coming back, is told and costs nothing else", async () => {
  let isTaken = false;
  const register = (): null => {
    if (isTaken) throw new RpcError(17, "the name is taken");
    return null;
  };
  const { client, peer, clock, errors } = await setup({ services: { plugin: { register_service: register } } });
  await client.offer("weather", service);
  isTaken = true;
  peer.cut();
  await clock.advance(500);
  expect(client.state).toBe("ready");
  expect(errors).toMatchObject([{ errno: 17 }]);
});
