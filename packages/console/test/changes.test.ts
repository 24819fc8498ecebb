// What pages that change things know without being drawn: selections, bodies of parked messages, acts on workers, arguments.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choiceOf, nothingSelected, selectedCount, toggled } from "../src/pages/messages/selection.ts";
import { isNeeded } from "../src/pages/services/arguments.ts";
import { maskArguments } from "../src/pages/services/same-call.ts";
import { fits } from "../src/pages/workers/acts.ts";
import { changedOptions } from "../src/pages/workers/rules-draft.ts";
import { spansOf } from "../src/pages/workers/status-spans.ts";
import { errorsOfArguments } from "../src/parts/argument-errors.ts";
import { prettyBody, readBody, simpleBody, withSimple } from "../src/parts/parked-body.ts";
import { axisOf, foldsOf } from "../src/parts/trail-folds.ts";
import { describeError } from "../src/services/use-call.ts";
import type { StatusEntry, TrailRow } from "../src/services/types.ts";

describe("selection", () => {
  const rows = ["a", "b", "c", "d", "e"];

  it("takes a row and lets it go, and with Shift all between", () => {
    const one = toggled(nothingSelected, "b");
    expect(choiceOf(one)).toEqual({ ids: ["b"] });
    expect(selectedCount(toggled(one, "b"))).toBe(0);
    expect(choiceOf(toggled(one, "d", rows))).toEqual({ ids: ["b", "c", "d"] });
    expect(choiceOf(toggled(toggled(nothingSelected, "d"), "b", rows))).toEqual({ ids: ["d", "b", "c"] });
  });

  it("of all that match is told by the query, however many that are", () => {
    const choice = { query: "state:parked", from: new Date(0), to: new Date(1) };
    const all = { kind: "match", choice, count: 1234 } as const;
    expect([selectedCount(all), choiceOf(all)]).toEqual([1234, choice]);
    expect(choiceOf(toggled(all, "a"))).toEqual({ ids: ["a"] });
  });
});

describe("body of a parked message", () => {
  const body = '{"message_id":"1","to_addr":"0727731","from_addr":"38080","content":"hello","group":null}';

  it("can be changed by its address and text alone, and keeps all else", () => {
    const simple = simpleBody("sms.outbound", body);
    expect(simple).toEqual({ addressField: "to_addr", address: "0727731", content: "hello" });
    expect(simpleBody("sms.inbound", body)?.address).toBe("38080");
    if (simple === undefined) throw new Error("simple");
    expect(JSON.parse(withSimple(body, { ...simple, address: "+27727731" }))).toEqual({
      ...JSON.parse(body),
      to_addr: "+27727731",
    });
  });

  it("says where it cannot be read, and is never changed then", () => {
    expect(readBody('{\n"a": 1,\n}')).toEqual({ problem: expect.stringMatching(/line 3/) });
    expect(readBody("[1]")).toEqual({ problem: "a message is an object: { … }" });
    expect(simpleBody("sms.outbound", "no json")).toBeUndefined();
    expect(prettyBody("no json")).toBe("no json");
  });

  it("means the same before and after it is laid out", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (json) => {
        const text = JSON.stringify(json);
        expect(JSON.parse(prettyBody(text))).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe("errors", () => {
  it("have the name of the server's number, so that pages know refusals and conflicts", () => {
    expect(describeError("a.b", { code: "RPC_FAILED", errno: 13, message: "no" }).code).toBe("EACCES");
    expect(describeError("a.b", { code: "RPC_FAILED", errno: 70, message: "changed" }).code).toBe("ESTALE");
    expect(describeError("a.b", { code: "CLIENT_CLOSED", message: "gone" }).code).toBe("CLIENT_CLOSED");
  });

  it("about arguments are found by path", () => {
    const extra = [{ path: [0, "config", "rules", 2, "app"], message: "expected a text", code: 22 }];
    expect([...errorsOfArguments(extra)]).toEqual([["0.config.rules.2.app", "expected a text"]]);
    expect(errorsOfArguments({ code: "WORKER_CHANGED" }).size).toBe(0);
  });
});

describe("arguments", () => {
  it("are needed unless they have a default or may be null", () => {
    expect([{ type: "string" }, { type: ["string", "null"] }, { type: "object", default: {} }].map(isNeeded)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("A20 that are secrets are neither copied nor remembered", () => {
    const schemas = [{ title: "username" }, { title: "password" }, {}];
    expect(maskArguments(["thandi", "pa55", { token: "t0k", a: [{ secret: "s" }] }], schemas)).toEqual([
      "thandi",
      "$PASSWORD",
      { token: "$TOKEN", a: [{ secret: "$SECRET" }] },
    ]);
  });
});

describe("workers", () => {
  it("can be paused while they run, resumed while paused, started while down", () => {
    expect(["running", "paused", "stopped", "failed"].map((state) => fits("pause", state))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([fits("start", "crash_looping"), fits("resume", "paused"), fits("restart", "stopped")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("sends only the options of a router that differ, null for those back at their default", () => {
    expect(changedOptions({ a: 1, b: [1], c: 3 }, { a: 1, b: [1, 2] })).toEqual({ b: [1, 2], c: null });
    expect(changedOptions({ a: null }, {})).toEqual({});
  });

  it("shows statuses as stretches that fill the time, unknown before the first", () => {
    const now = new Date(1_000_000);
    const entry = (status: StatusEntry["status"], ms: number): StatusEntry => ({
      component: "connection",
      status,
      type: status,
      message: "",
      since: new Date(now.getTime() - ms),
    });
    expect(spansOf([entry("ok", 600), entry("down", 200)], now, 1000)).toEqual([
      { status: "unknown", ms: 400 },
      { status: "ok", ms: 400 },
      { status: "down", ms: 200 },
    ]);
    expect(spansOf([entry("ok", 5000), entry("ok", 500)], now, 1000)).toEqual([{ status: "ok", ms: 1000 }]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3000 })), (ages) => {
        const spans = spansOf(
          ages.map((age, index) => entry(index % 2 === 0 ? "ok" : "down", age)),
          now,
          1000,
        );
        expect(spans.reduce((sum, { ms }) => sum + ms, 0)).toBe(1000);
      }),
    );
  });
});

describe("trail", () => {
  const hop = (offset_ms: number, took_ms: number): TrailRow => ({
    kind: "hop",
    worker: "w",
    worker_kind: "channel",
    what: "",
    at: new Date(offset_ms),
    offset_ms,
    took_ms,
    direction: "in",
  });
  const queue = (offset_ms: number, waited_ms: number): TrailRow => ({
    kind: "queue",
    queue: "q",
    at: new Date(offset_ms),
    offset_ms,
    waited_ms,
  });
  const event = (offset_ms: number): TrailRow => ({
    kind: "event",
    event_type: "ack",
    at: new Date(offset_ms),
    offset_ms,
  });

  it("folds stretches longer than ten times the median hop, those in a queue where it says so", () => {
    const rows = [hop(0, 2), queue(2, 5), hop(7, 2), queue(9, 900), hop(909, 2), event(5000)];
    expect(foldsOf(rows)).toEqual([
      { before: 4, fromMs: 9, ms: 900, isQueue: true },
      { before: 5, fromMs: 911, ms: 4089, isQueue: false },
    ]);
    expect(foldsOf([hop(0, 100), event(900)])).toEqual([]);
  });

  it("keeps the order of moments on a folded axis, and its ends", () => {
    const rows = [hop(0, 2), queue(2, 900), hop(902, 2)];
    const axis = axisOf(904, foldsOf(rows));
    expect([axis(0), axis(904)]).toEqual([0, 1]);
    expect(axis(2)).toBeGreaterThan(0.4);
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 904, noNaN: true }),
        fc.double({ min: 0, max: 904, noNaN: true }),
        (one, other) => {
          expect(axis(Math.min(one, other))).toBeLessThanOrEqual(axis(Math.max(one, other)) + 1e-9);
        },
      ),
    );
  });
});
