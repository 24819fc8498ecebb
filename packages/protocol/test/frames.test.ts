// Frames: every sample in both directions, what is refused and how, and the page that documents them.

import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeFrame,
  errno,
  type Frame,
  type Password,
  ProtocolError,
} from "../src/index.ts";
import { samples } from "./samples.ts";

const frameSamples = [...samples].filter(([name]) => !name.startsWith("json-rpc."));
const clientOnly = new Set([
  "rpc.auth",
  "rpc.auth_token",
  "rpc.auth_service",
  "events.subscribe",
  "events.unsubscribe",
  "transport.setup",
]);
const serverOnly = new Set(["events.logout"]);

function refusalOf(decode: () => unknown): ProtocolError {
  try {
    decode();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const refusal = (value: unknown): ProtocolError =>
  refusalOf(() => decodeClientFrame(typeof value === "string" ? value : JSON.stringify(value)));

const callText = (args: object): string => JSON.stringify({ namespace: "rpc", name: "call", id: "a", args });
const masksFrom = (args: unknown): unknown =>
  decodeClientFrame(JSON.stringify({ namespace: "events", name: "subscribe", id: null, args })).args;

describe("samples", () => {
  it("there is one for each of the seventeen frames", () => {
    expect(frameSamples).toHaveLength(17);
  });

  it.each(frameSamples)("%s is read and written back the same", (name, text) => {
    const readers = [
      ...(serverOnly.has(name) ? [] : [decodeClientFrame]),
      ...(clientOnly.has(name) ? [] : [decodeServerFrame]),
    ];
    for (const read of readers) {
      const frame: Frame = read(text);
      expect(`${frame.namespace}.${frame.name}`).toBe(name);
      expect(JSON.parse(encodeFrame(frame))).toEqual(JSON.parse(text));
    }
  });

  it.each(frameSamples.filter(([name]) => clientOnly.has(name)))("%s is unknown when a server sends it", (_, text) => {
    expect(refusalOf(() => decodeServerFrame(text)).message).toMatch(/^unknown frame /);
  });

  it("events.logout is an unknown frame when a client sends it", () => {
    expect(refusal(samples.get("events.logout"))).toMatchObject({ errno: errno.EINVAL, frameId: null });
  });

  it("docs/protocol.md shows exactly these samples, each under its name", () => {
    const page = readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8");
    const shown = [...page.matchAll(/^### (\S+)\n(?:(?!^#)[^])*?^```json\n([^]*?)^```$/gm)].map(
      ([, heading = "", json = ""]) => [heading.replace("/", "."), JSON.parse(json)],
    );
    expect(page.match(/^```json$/gm)).toHaveLength(samples.size);
    expect(Object.fromEntries(shown)).toEqual(
      Object.fromEntries([...samples].map(([name, text]) => [name, JSON.parse(text)])),
    );
  });
});

describe("what is not a frame", () => {
  it.each(["", "{", "nonsense", "\u0000", '{"namespace":"rpc"} x'])(
    "16 text that is not JSON (%j) is EINVAL with id null",
    (text) => {
      expect(refusal(text)).toMatchObject({ code: "PROTOCOL_FRAME_INVALID", errno: 22, frameId: null });
    },
  );

  it.each([null, 5, "text", [], {}, { namespace: "rpc", id: "x" }])(
    "a document that is no envelope (%j) is EINVAL with id null",
    (value) => {
      expect(refusal(JSON.stringify(value))).toMatchObject({
        code: "PROTOCOL_FRAME_INVALID",
        errno: 22,
        frameId: null,
      });
    },
  );

  it("17 an unknown namespace is EINVAL with id null, quoting at most the beginning of the name", () => {
    const error = refusal({ namespace: "bogus", name: "x".repeat(1_000), id: "a", args: null });
    expect(error).toMatchObject({ errno: 22, frameId: null });
    expect(error.message).toBe(`unknown frame "bogus"/"${"x".repeat(64)}"`);
  });

  it.each([
    ["events", "call"],
    ["rpc", "event"],
    ["rpc", "__proto__"],
    ["rpc", "constructor"],
    ["rpc", "toString"],
  ])("the closed table has no %s/%s", (namespace, name) => {
    expect(refusal({ namespace, name, id: "a", args: { method: "a.b", args: [] } })).toMatchObject({
      errno: 22,
      frameId: null,
    });
  });

  it.each([5, true, {}, []])("an id that is neither text nor null (%j) is EINVAL with id null", (id) => {
    expect(refusal({ namespace: "rpc", name: "abort", id, args: null })).toMatchObject({ errno: 22, frameId: null });
  });
});

describe("what a frame may lack", () => {
  it("18 a missing id counts as null", () => {
    expect(decodeClientFrame('{"namespace":"rpc","name":"abort","args":null}').id).toBeNull();
  });

  it("a missing args counts as null, which is EINVAL under the frame's id where args are needed", () => {
    expect(decodeClientFrame('{"namespace":"rpc","name":"response","id":"a"}').args).toBeNull();
    const error = refusal('{"namespace":"rpc","name":"call","id":"a"}');
    expect(error).toMatchObject({ errno: 22, frameId: "a", message: "rpc/call: args: expected an object, got null" });
  });

  it("a call may have args null, positional or by name, but they must be there", () => {
    expect(decodeClientFrame(callText({ method: "a.b", args: null })).args).toEqual({ method: "a.b", args: null });
    expect(decodeClientFrame(callText({ method: "a.b", args: { x: 1 } })).args).toEqual({
      method: "a.b",
      args: { x: 1 },
    });
    expect(refusal(callText({ method: "a.b" })).message).toBe(
      "rpc/call: args.args: expected an array, an object or null, got nothing",
    );
    expect(refusal(callText({ args: [] })).message).toBe("rpc/call: args.method: expected a text, got nothing");
    expect(refusal(callText({ method: "a.b", args: "x" })).message).toBe(
      "rpc/call: args.args: expected an array, an object or null, got a text",
    );
  });

  it("unknown members are dropped, in the envelope and in args", () => {
    const text = '{"more":1,"namespace":"rpc","name":"auth_service","id":"a","args":{"name":"d","more":2}}';
    expect(decodeClientFrame(text)).toEqual({ namespace: "rpc", name: "auth_service", id: "a", args: { name: "d" } });
  });

  it("masks that are not texts, and args that are not an array, subscribe to nothing", () => {
    expect(masksFrom(["a", 5, null, "b"])).toEqual(["a", "b"]);
    expect(masksFrom("a")).toEqual([]);
    expect(masksFrom(null)).toEqual([]);
  });

  it.each([["args"], [null], [5], [["x"]]])("49 event args that are not an object (%j) are wrapped", (args) => {
    const text = JSON.stringify({ namespace: "events", name: "event", id: "u", args: { name: "a.b", args } });
    expect(decodeClientFrame(text).args).toEqual({ name: "a.b", args: { value: args } });
  });

  it("an event whose args are missing or an extended value is wrapped too", () => {
    expect(decodeClientFrame('{"namespace":"events","name":"event","args":{"name":"a"}}').args).toEqual({
      name: "a",
      args: { value: null },
    });
    const { args } = decodeClientFrame(
      '{"namespace":"events","name":"event","args":{"name":"a","args":{"$date":"2020-01-01"}}}',
    );
    expect(args).toEqual({ name: "a", args: { value: new Date("2020-01-01") } });
  });

  it("a login may have no password, and its password is never printed", () => {
    const frame = decodeClientFrame(
      '{"namespace":"rpc","name":"auth","id":"a","args":{"username":"u","password":"hunter2"}}',
    );
    expect(JSON.stringify(frame)).not.toContain("hunter2");
    expect(encodeFrame(frame)).toContain('"password":"hunter2"');
    const without = decodeClientFrame('{"namespace":"rpc","name":"auth","id":"a","args":{"username":"u"}}');
    expect(without).toMatchObject({ args: { username: "u" } });
    const typed = decodeClientFrame(
      '{"namespace":"rpc","name":"auth","id":"a","args":{"username":"u","password":{"$password":"p"}}}',
    );
    expect((typed.args as { password: Password }).password.reveal()).toBe("p");
  });
});

describe("refused args name the member, what was expected and what came", () => {
  it.each([
    ["rpc", "auth", { password: "x" }, "args.username: expected a text, got nothing"],
    ["rpc", "auth", { username: "u", password: 5 }, "args.password: expected a text, got a number"],
    ["rpc", "auth_token", { token: null }, "args.token: expected a text, got null"],
    ["rpc", "error", { code: "x", message: "m" }, "args.code: expected an integer, got a text"],
    ["rpc", "error", { code: 1.5, message: "m" }, "args.code: expected an integer, got 1.5"],
    ["rpc", "fragment", { seqno: 1, fragment: {} }, "args.fragment: expected an array, got an object"],
    ["rpc", "continue", "2", "args: expected an integer, got a text"],
    ["rpc", "end", null, "args: expected an integer, got null"],
    ["events", "event", { args: {} }, "args.name: expected a text, got nothing"],
    ["events", "event_burst", { events: [{ name: "a" }, 5] }, "args.events[1]: expected an object, got a number"],
    ["transport", "setup", ["1.2.3.4", "80"], "args[1]: expected an integer, got a text"],
  ])("%s/%s %j", (namespace, name, args, message) => {
    const error = refusal({ namespace, name, id: "i7", args });
    expect(error).toMatchObject({ code: "PROTOCOL_FRAME_INVALID", errno: 22, frameId: "i7" });
    expect(error.message).toBe(`${namespace}/${name}: ${message}`);
  });

  it("a bad extended value is refused under the frame's id, a descriptor with EOPNOTSUPP", () => {
    expect(refusal(callText({ method: "a.b", args: [{ $date: "yesterday" }] }))).toMatchObject({
      code: "PROTOCOL_VALUE_INVALID",
      errno: 22,
      frameId: "a",
    });
    expect(refusal(callText({ method: "a.b", args: [{ $fd: 0 }] }))).toMatchObject({
      code: "PROTOCOL_DESCRIPTOR_REFUSED",
      errno: 45,
      frameId: "a",
    });
  });

  it("nesting without end is refused, not a stack overflow", () => {
    const text = `{"namespace":"rpc","name":"response","id":"a","args":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(refusal(text)).toMatchObject({ code: "PROTOCOL_VALUE_INVALID", frameId: "a" });
  });
});

describe("hostile input", () => {
  it("whatever comes in, the outcome is a frame or a ProtocolError", () => {
    const name = fc.constantFrom(
      "auth",
      "call",
      "error",
      "fragment",
      "continue",
      "event",
      "event_burst",
      "setup",
      "logout",
      "x",
    );
    const frame = fc.record(
      {
        namespace: fc.oneof(fc.constantFrom("rpc", "events", "transport"), fc.jsonValue()),
        name: fc.oneof(name, fc.jsonValue()),
        id: fc.jsonValue(),
        args: fc.oneof(
          fc.jsonValue(),
          fc.dictionary(fc.constantFrom("method", "args", "code", "seqno", "events", "name"), fc.jsonValue()),
        ),
      },
      { requiredKeys: [] },
    );
    const text = fc.oneof(
      frame.map((value) => JSON.stringify(value)),
      fc.json(),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (text) => {
        for (const decode of [decodeClientFrame, decodeServerFrame]) {
          try {
            const decoded = decode(text);
            expect(JSON.parse(encodeFrame(decoded))).toMatchObject({
              namespace: decoded.namespace,
              name: decoded.name,
            });
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
          }
        }
      }),
    );
  });

  it("calls with any arguments round-trip", () => {
    // -0 and members named $… or __proto__ are not JSON data of this protocol.
    const value = fc
      .jsonValue()
      .filter((value) => !/"\$|__proto__|\\u005f|-0\b/.test(JSON.stringify(value)) && !Object.is(value, -0));
    fc.assert(
      fc.property(fc.string(), fc.array(value), (id, args) => {
        const frame = { namespace: "rpc", name: "call", id, args: { method: "a.b", args } } as const;
        expect(decodeClientFrame(encodeFrame(frame))).toEqual(JSON.parse(JSON.stringify(frame)));
      }),
    );
  });
});
