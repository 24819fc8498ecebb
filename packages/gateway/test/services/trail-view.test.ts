import { createUserMessage, type UserMessage } from "@switchboard/messaging";
import type { MessageState, StoredMessage, TrailEntry } from "@switchboard/messaging/store";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { duration, lengthOf, trailOf } from "../../src/services/trail-view.ts";

const start = Date.UTC(2026, 0, 1);

function stored(state: MessageState, message: Partial<UserMessage> = {}): StoredMessage {
  const base = { to_addr: "8000", from_addr: "+27", transport_name: "sms", transport_type: "sms", message_id: "q" };
  const nothing = { acceptStatus: undefined, deliveryStatus: undefined, lastEventUs: undefined, answeredUs: undefined };
  const unknown = {
    handledUs: undefined,
    application: undefined,
    router: undefined,
    rule: undefined,
    error: undefined,
  };
  return {
    direction: "inbound",
    message: { ...createUserMessage(base), ...message },
    tsUs: start * 1_000,
    state,
    ...nothing,
    ...unknown,
    isTest: false,
    tag: undefined,
  };
}

function step(fields: Partial<TrailEntry>): TrailEntry {
  return {
    message_id: "q",
    kind: "inbound",
    did: "handled",
    worker: "echo",
    worker_kind: "application",
    connector: "echo",
    endpoint: "default",
    at: start,
    took_ms: 0,
    ...fields,
  };
}

const accepted = step({ worker: "sms", worker_kind: "channel", connector: "sms", did: "published", took_ms: 3 });
const none = { answers: [], events: [], now: start + 60_000 };

describe("the trail of a message", () => {
  it("has rows that add up to its total, however its steps overlap", () => {
    const any = fc
      .record({
        kind: fc.constantFrom<TrailEntry["kind"]>("inbound", "outbound", "event", "failure"),
        did: fc.constantFrom<TrailEntry["did"]>("handled", "published"),
        worker_kind: fc.constantFrom<TrailEntry["worker_kind"]>("channel", "router", "application", "worker"),
        worker: fc.constantFrom("a", "b", "c"),
        offset: fc.nat(10_000),
        took_ms: fc.nat(3_000),
        outcome: fc.constantFrom(
          "handled" as const,
          "ignored" as const,
          "failed" as const,
          "parked" as const,
          undefined,
        ),
        attempt: fc.integer({ min: 1, max: 5 }),
      })
      .map(({ offset, outcome, ...fields }) =>
        step({ ...fields, at: start + offset, ...(outcome !== undefined && { outcome }) }),
      );
    fc.assert(
      fc.property(
        fc.array(any, { maxLength: 20 }),
        fc.constantFrom<MessageState>("answered", "parked", "waiting"),
        (entries, state) => {
          const { rows, total_ms } = trailOf({ message: stored(state), entries, ...none });
          expect(rows.reduce((total, row) => total + lengthOf(row), 0)).toBe(total_ms);
          for (const row of rows) expect(lengthOf(row)).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  it("tells of tries with their errors and when the next one began", () => {
    const error = { code: "APP_BROKEN", message: "no", permanent: false };
    const first = step({ at: start + 10, took_ms: 5, outcome: "failed", attempt: 1, error });
    const second = step({ at: start + 1_015, took_ms: 2, outcome: "parked", attempt: 2, error });
    const { headline, rows, total_ms } = trailOf({
      message: stored("parked"),
      entries: [accepted, second, first],
      ...none,
    });
    expect(headline).toBe("Parked after 2 tries: APP_BROKEN");
    expect(rows).toMatchObject([
      { kind: "hop", worker: "sms", took_ms: 3 },
      { kind: "queue", queue: "echo.inbound", waited_ms: 7 },
      { kind: "try", number: 1, error, next_in_ms: 1_000, parked: false, took_ms: 5 },
      { kind: "queue", waited_ms: 1_000 },
      { kind: "try", number: 2, next_in_ms: null, parked: true, took_ms: 2 },
    ]);
    expect(total_ms).toBe(1_017);
  });

  it("says what is not recorded", () => {
    expect(trailOf({ message: stored("waiting"), entries: [], ...none })).toMatchObject({
      total_ms: 0,
      rows: [{ kind: "unknown", text: "What became of it is not recorded." }],
    });
    const [row] = trailOf({ message: stored("handled"), entries: [step({ outcome: "handled" })], ...none }).rows;
    expect(row).toEqual({ kind: "unknown", text: "How it came in is not recorded." });
    const message = { ...stored("handled"), isTest: true };
    expect(trailOf({ message, entries: [step({ outcome: "handled" })], ...none }).rows[0]).toEqual({
      kind: "unknown",
      text: "It was put in behind the channel, as a test.",
    });
  });

  it("says how long it has waited, and behind how many", () => {
    const waiting = { queue: "echo.inbound", behind: 1_203 };
    expect(trailOf({ message: stored("waiting"), entries: [accepted], ...none, waiting }).headline).toBe(
      "Waiting for 1 min 0 s behind 1203",
    );
  });

  it("says where most of the time went", () => {
    const answered = step({ at: start + 3, took_ms: 97, outcome: "handled" });
    const { headline } = trailOf({ message: stored("answered"), entries: [accepted, answered], ...none });
    expect(headline).toBe("Answered in 100 ms, 97 % of it in echo");
  });

  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [1_400, "1.4 s"],
    [94_000, "1 min 34 s"],
    [7_500_000, "2 h 05 min"],
    [273_600_000, "3 d 4 h"],
  ])("writes %d ms as %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
