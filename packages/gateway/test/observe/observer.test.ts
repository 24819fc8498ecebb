import { TestClock } from "@switchboard/core/testing";
import { silentLogger } from "@switchboard/core";
import type { TrailEntry } from "@switchboard/messaging/store";
import { createUserMessage, type HandledMessage, type PublishedMessage } from "@switchboard/messaging";
import { describe, expect, it } from "vitest";
import { GatewayObserver, type ObservationBatch } from "../../src/observe/gateway-observer.ts";
import { LatencyWindow } from "../../src/observe/latency-window.ts";
import { LogBook } from "../../src/observe/log-book.ts";
import { ObservationRelay } from "../../src/observe/observation-relay.ts";
import { redact } from "../../src/observe/redact.ts";
import { SlidingCount } from "../../src/observe/sliding-count.ts";
import { StatusBook } from "../../src/observe/status-book.ts";
import { TrailRecorder } from "../../src/observe/trail-recorder.ts";

const clock = (): TestClock => new TestClock(0);

function published(fields: Partial<PublishedMessage> = {}): PublishedMessage {
  const message = createUserMessage({
    message_id: "q",
    to_addr: "8",
    from_addr: "+1",
    transport_name: "sms",
    transport_type: "sms",
  });
  return {
    worker: "sms",
    workerKind: "channel",
    connector: "sms",
    kind: "inbound",
    message,
    at: 0,
    tookMs: 1,
    rule: undefined,
    error: undefined,
    ...fields,
  };
}

function handled(fields: Partial<HandledMessage> = {}): HandledMessage {
  const { rule: _rule, ...common } = published();
  return { ...common, publishedAt: undefined, attempt: 1, outcome: "handled", error: undefined, ...fields };
}

describe("counting", () => {
  it("counts what happened within the window and forgets the rest", () => {
    const count = new SlidingCount({ slots: 3, slotMs: 1_000 });
    count.add(0);
    count.add(1_500, 2);
    expect(count.total(2_999)).toBe(3);
    expect(count.total(3_000)).toBe(2);
    expect(count.total(10_000)).toBe(0);
    count.add(9_000);
    expect(count.total(10_000)).toBe(1);
  });

  it("knows percentiles to within a tenth, of the last minute only", () => {
    const window = new LatencyWindow();
    expect(window.percentiles(0)).toEqual({ p50: null, p95: null, p99: null });
    for (let ms = 1; ms <= 1_000; ms++) window.add(1_000, ms);
    const { p50, p95, p99 } = window.percentiles(1_000);
    expect(Math.abs((p50 ?? 0) / 500 - 1)).toBeLessThan(0.1);
    expect(Math.abs((p95 ?? 0) / 950 - 1)).toBeLessThan(0.1);
    expect(Math.abs((p99 ?? 0) / 990 - 1)).toBeLessThan(0.1);
    expect(window.percentiles(62_000).p50).toBeNull();
  });
});

describe("GatewayObserver", () => {
  it("counts messages in and out, refusals and parked ones, and times answers", () => {
    const time = clock();
    const observer = new GatewayObserver({ clock: time, logger: silentLogger });
    const { message: question } = published();
    const answer = { ...question, message_id: "a", in_reply_to: "q" };
    observer.published(published());
    observer.handled(handled({ worker: "keywords", workerKind: "router", at: 5 }));
    observer.published(published({ worker: "keywords", workerKind: "router", connector: "app", rule: 3 }));
    observer.handled(
      handled({
        worker: "app",
        workerKind: "application",
        connector: "app",
        outcome: "parked",
        error: new Error("no"),
      }),
    );
    observer.handled(handled({ kind: "outbound", message: answer, at: 100, tookMs: 20 }));
    observer.published(
      published({
        kind: "event",
        message: { message_type: "event", event_type: "nack", user_message_id: "a", event_id: "e" } as never,
      }),
    );
    expect(observer.figures()).toMatchObject({ accepted: 1, sent: 1, failed: 1, parked: 1 });
    expect(observer.figures().latency_ms.p50).toBeGreaterThan(110);
    expect(observer.figures().latency_ms.p50).toBeLessThan(130);
    expect(observer.worker("sms")).toEqual({ in: 1, out: 1, failed: 1 });
    expect(observer.worker("keywords")).toMatchObject({ in: 1 });
    expect(observer.worker("app")).toEqual({ in: 1, out: 0, failed: 1 });
    expect(observer.lastError("app")).toMatchObject({ message: "no" });
    expect(observer.queue("sms.inbound")).toEqual({ in: 1, out: 1 });
    expect(observer.queue("sms.outbound")).toEqual({ in: 0, out: 1 });
    expect(observer.queue("app.inbound")).toEqual({ in: 1, out: 1 });
    expect(observer.ruleHits("keywords", 3)).toBe(1);
    expect(observer.worker("nobody")).toEqual({ in: 0, out: 0, failed: 0 });
    expect(observer.totals()).toEqual({ accepted: 1, sent: 1, failed: 1, parked: 1, dropped: 0 });
  });

  it("hears of workers in other processes through a relay, in batches, and of what the relay had to drop", async () => {
    const time = clock();
    const observer = new GatewayObserver({ clock: time, logger: silentLogger });
    const batches: ObservationBatch[] = [];
    const relay = new ObservationRelay({
      clock: time,
      maxWaiting: 2,
      send: (batch) => {
        batches.push(structuredClone(batch));
        observer.receive(batch);
        return Promise.resolve();
      },
    });
    relay.published(published());
    relay.handled(handled());
    relay.handled(handled());
    expect(batches).toEqual([]);
    await time.advance(100);
    expect(batches).toMatchObject([{ entries: [{ did: "published" }, { did: "handled" }], dropped: 1 }]);
    expect(observer.figures().accepted).toBe(1);
    expect(observer.totals().dropped).toBe(1);
    await relay.close();
    expect(time.pendingTimers).toBe(0);
  });
});

describe("TrailRecorder", () => {
  it("lets steps gather while others are being written, too", async () => {
    const time = clock();
    const written: number[] = [];
    let finish = (): void => undefined;
    const addTrail = (entries: readonly TrailEntry[]): Promise<void> => {
      written.push(entries.length);
      return new Promise((resolve) => (finish = resolve));
    };
    const recorder = new TrailRecorder({ store: { addTrail }, clock: time, logger: silentLogger });
    recorder.add({} as TrailEntry);
    await time.advance(500);
    recorder.add({} as TrailEntry);
    recorder.add({} as TrailEntry);
    finish();
    await time.advance(499);
    expect(written).toEqual([1]);
    recorder.add({} as TrailEntry);
    await time.advance(1);
    expect(written).toEqual([1, 3]);
    recorder.add({} as TrailEntry);
    const closed = recorder.close();
    finish();
    await time.advance(0);
    expect(written).toEqual([1, 3, 1]);
    finish();
    await closed;
    expect(time.pendingTimers).toBe(0);
  });

  it("hands many steps over at once, has them written now and then, and all of them before it is read or closed", async () => {
    const time = clock();
    const handed: string[] = [];
    const addTrail = (entries: readonly TrailEntry[], { mayWait = false } = {}): Promise<void> => {
      handed.push(`${entries.length} ${mayWait ? "wait" : "written"}`);
      return Promise.resolve();
    };
    const recorder = new TrailRecorder({ store: { addTrail }, clock: time, logger: silentLogger });
    const add = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index++) recorder.add({} as TrailEntry);
      await time.advance(0);
    };
    await add(256);
    await add(256);
    await time.advance(125);
    await add(256);
    await add(300);
    expect(handed.splice(0)).toEqual(["256 written", "256 wait", "256 written", "256 wait"]);
    await recorder.flush();
    expect(handed.splice(0)).toEqual(["44 written"]);
    await add(256);
    await time.advance(500);
    expect(handed.splice(0)).toEqual(["256 wait", "0 written"]);
    await recorder.close();
    expect(handed.splice(0)).toEqual(["0 written"]);
    expect(time.pendingTimers).toBe(0);
  });

  it("gathers steps, writes them together, and drops and counts what the store cannot take", async () => {
    const time = clock();
    const written: number[] = [];
    let isBroken = false;
    const store = {
      addTrail: (entries: readonly TrailEntry[]) => {
        if (isBroken) return Promise.reject(new Error("disk full"));
        written.push(entries.length);
        return Promise.resolve();
      },
    };
    const recorder = new TrailRecorder({ store, clock: time, logger: silentLogger, maxWaiting: 3 });
    for (let index = 0; index < 4; index++) recorder.add({} as TrailEntry);
    await time.advance(500);
    expect(written).toEqual([3]);
    expect(recorder.dropped).toBe(1);
    isBroken = true;
    recorder.add({} as TrailEntry);
    await recorder.close();
    expect(recorder.dropped).toBe(2);
    recorder.add({} as TrailEntry);
    expect(time.pendingTimers).toBe(0);
  });
});

describe("LogBook", () => {
  it("keeps the newest records, lets levels pass per worker, and puts levels back when their time is up", async () => {
    const time = clock();
    const output: string[] = [];
    const log = (_fields: object, message: string): void => void output.push(message);
    const logs = new LogBook({ clock: time, output: { debug: log, info: log, warn: log, error: log }, maxRecords: 2 });
    const logger = logs.loggerOf("a");
    logger.debug({}, "quiet");
    for (const message of ["one", "two", "three"]) logger.info({}, message);
    expect(logs.query().map(({ message }) => message)).toEqual(["three", "two"]);
    expect(logs.query({ before: 3 }).map(({ message }) => message)).toEqual(["two"]);
    logs.setLevel("a", "debug", 1_000);
    logger.debug({}, "loud");
    await time.advance(1_000);
    logger.debug({}, "quiet again");
    expect(output).toEqual(["one", "two", "three", "loud"]);
    expect(logs.levels()).toEqual([]);
    logs.setLevel("a", "error");
    logger.warn({}, "too quiet");
    expect(logs.query({ text: "too quiet" })).toEqual([]);
    logs.close();
  });

  it("masks secrets by the names they stand under, in URLs and in errors, and survives any value", () => {
    const circular: Record<string, unknown> = { password: "x", url: "redis://me:secret@host/", list: [{ api_key: 1 }] };
    circular["self"] = circular;
    const error = new Error("cannot open postgresql://u:p@h/db", { cause: new Error("Bearer abcdef123456") });
    const masked = redact({
      circular,
      error,
      authorization: null,
      bytes: new Uint8Array(3),
      big: 1n,
      number: Number.NaN,
    });
    expect(masked).toMatchObject({
      circular: {
        password: "********",
        url: "redis://me:********@host/",
        list: [{ api_key: "********" }],
        self: "[circular]",
      },
      error: {
        name: "Error",
        message: "cannot open postgresql://u:********@h/db",
        cause: { message: "Bearer ********" },
      },
      authorization: null,
      bytes: "[3 bytes]",
      big: "1",
      number: "NaN",
    });
    expect(JSON.stringify(masked)).not.toMatch(/secret@|u:p@|abcdef123456/);
  });
});

describe("StatusBook", () => {
  it("keeps the latest of each component, since when it is at its level, and how it came to that", () => {
    const time = clock();
    const book = new StatusBook({ clock: time });
    const say = (component: string, status: string, second: number): void =>
      book.add("sms", {
        component,
        status,
        type: "t",
        message: status,
        reasons: [],
        details: {},
        timestamp: `2026-01-01 00:00:0${second}.000000`,
      } as never);
    say("bind", "down", 1);
    say("bind", "down", 2);
    say("queue", "degraded", 3);
    expect(book.latest("sms").map(({ component, status }) => [component, status])).toEqual([
      ["bind", "down"],
      ["queue", "degraded"],
    ]);
    expect(book.worst("sms")).toMatchObject({
      component: "bind",
      since: Date.UTC(2026, 0, 1, 0, 0, 1),
      at: Date.UTC(2026, 0, 1, 0, 0, 2),
    });
    expect(book.history("sms").map(({ message }) => message)).toEqual(["degraded", "down", "down"]);
    book.forget("sms");
    expect(book.latest()).toEqual([]);
  });
});
