import * as fc from "fast-check";
import { expect, it } from "vitest";
import { packTrail, unpackTrail } from "../../src/store/packed-trail.ts";
import { decodeTrail, encodeTrail } from "../../src/store/trail-encoding.ts";
import type { TrailEntry } from "../../src/store/trail.ts";

const text = fc.string({ unit: "binary", maxLength: 12 });
const optional = {
  published_at: fc.nat(),
  attempt: fc.integer({ min: 1, max: 9 }),
  outcome: fc.constantFrom("handled", "ignored", "failed", "parked", "dropped"),
  error: fc.record({ code: text, message: text, permanent: fc.boolean() }),
  rule: fc.nat(),
  in_reply_to: text,
  event_id: text,
  event_status: text,
  middleware: fc.array(fc.record({ name: text, took_ms: fc.nat().map((us) => us / 1_000) }), { maxLength: 3 }),
} as const;

const entry = fc.record(
  {
    message_id: text,
    kind: fc.constantFrom("inbound", "outbound", "event", "failure"),
    did: fc.constantFrom("handled", "published"),
    worker: text,
    worker_kind: fc.constantFrom("channel", "router", "application", "worker"),
    connector: text,
    endpoint: text,
    at: fc.nat(),
    took_ms: fc.nat(),
    ...optional,
  },
  {
    requiredKeys: ["message_id", "kind", "did", "worker", "worker_kind", "connector", "endpoint", "at", "took_ms"],
  },
) as fc.Arbitrary<TrailEntry>;

it("packs steps, and unpacks them, whatever they hold", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
      expect(unpackTrail(packTrail(entries))).toEqual(entries);
    }),
  );
});

it("reads the steps that were written, whatever they hold, from text in ASCII", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
      const written = encodeTrail(entries);
      expect(written).toMatch(/^[\u0020-\u007e]*$/);
      expect(decodeTrail(written)).toEqual(entries);
    }),
  );
});
