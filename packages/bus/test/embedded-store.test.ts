// The embedded bus's database, without the bus and its thread around it: what a crash leaves, and what becomes of the space.

import { cpSync, statSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "@switchboard/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { noHeaders } from "../src/options.ts";
import { type Bulk, decodePage, encodeBulk } from "../src/embedded/batch.ts";
import { contentBytes, encodeProperties, readContent } from "../src/embedded/codec.ts";
import type { Message } from "../src/embedded/message.ts";
import type { BatchMessage, Change } from "../src/embedded/protocol.ts";
import { Store } from "../src/embedded/store.ts";

const queue = "work.inbound";
const now = Date.UTC(2026, 0, 1);
const declarations: readonly Change[] = [{ kind: "queue", id: 1, name: queue }];
const open: Store[] = [];

function openStore(folder: string): Store {
  const store = Store.open(folder);
  open.push(store);
  return store;
}

/** Opens a copy of the files: in this process, the ones that were closed stay locked until their statements have been collected. */
function openCopy(folder: string): Store {
  const copy = tempFolder();
  cpSync(folder, copy, { recursive: true });
  return openStore(copy);
}

afterEach(() => {
  for (const store of open.splice(0)) store.close({ clean: false });
});

function message(body: Buffer): Message {
  const content = {
    exchange: "vumi",
    routingKey: queue,
    contentType: undefined,
    headers: noHeaders,
    publishedAt: now,
    expiresAt: 0,
    body,
  };
  return { content, properties: encodeProperties(content, queue) } as Message;
}

/** A segment of lane 1. */
function segment(seq: number, bodies: readonly Buffer[]): Bulk["inserts"][number] {
  const messages = bodies.map(message);
  return { lane: 1, seq, messages, bytes: messages.reduce((sum, each) => sum + contentBytes(each), 0) };
}

function removal(seq: number): Bulk["settlements"][number] {
  return { seq, finished: true, stored: false, done: new Uint8Array(1) };
}

function batch(bulk: Partial<Bulk>, changes: readonly Change[] = []): BatchMessage {
  const bytes = encodeBulk({ lanes: [], settlements: [], inserts: [], ...bulk }, undefined);
  return { kind: "batch", bytes, changes, claims: [] };
}

function lane(change: number, claimed: number, last: number): Bulk["lanes"][number] {
  return { lane: 1, queue: 1, priority: 0, change, claimed, last };
}

describe("after an unclean end", () => {
  it("what may have been in handlers is a retry, also when that ends in the middle of a segment, and the rest waits", () => {
    const folder = tempFolder();
    const before = Store.open(folder);
    before.load(now);
    const bodies = ["a", "b", "c", "d", "e"].map((text) => Buffer.from(text));
    // Message 1 is acknowledged; up to 3 they may have been handed out.
    const done = new Uint8Array([0b1]);
    before.apply(batch({ lanes: [lane(5, 0, 5)], inserts: [segment(1, bodies)] }, declarations));
    before.apply(batch({ lanes: [lane(-1, 3, 5)], settlements: [{ seq: 1, finished: false, stored: false, done }] }));
    before.close({ clean: false });

    const store = openCopy(folder);
    expect(store.load(now)).toMatchObject({
      recovered: 2,
      queues: [{ name: queue, retries: 2, parked: 0, nextDueAt: 0 }],
      lanes: [{ depth: 2, last: 5 }],
    });
    const [page] = decodePage(store.page({ lane: 1, after: 0, maxBytes: 1_000 }).bytes);
    expect([...(page?.done ?? [])]).toEqual([0b111]);
    const [claimed] = store.apply({ ...batch({}), claims: [{ queue: 1, now, limit: 10 }] });
    const texts = claimed?.retries.map(({ seq, deliveries, suspected, entry }) => {
      const { body } = readContent(Buffer.from(entry), 0, queue);
      return [seq, deliveries, suspected, body.toString()];
    });
    expect(texts).toEqual([
      [2, 1, true, "b"],
      [3, 1, true, "c"],
    ]);
  });

  it("nothing is counted when the end was clean", () => {
    const folder = tempFolder();
    const before = Store.open(folder);
    before.load(now);
    before.apply(batch({ lanes: [lane(1, 1, 1)], inserts: [segment(1, [Buffer.from("a")])] }, declarations));
    before.close({ clean: true });
    expect(openCopy(folder).load(now)).toMatchObject({
      recovered: 0,
      queues: [{ retries: 0 }],
      lanes: [{ depth: 1 }],
    });
  });
});

describe("a batch", () => {
  it("is written as a whole or not at all", () => {
    const store = openStore(tempFolder());
    store.load(now);
    store.apply(batch({ lanes: [lane(1, 0, 1)], inserts: [segment(1, [Buffer.from("a")])] }, declarations));
    const twice = batch({
      lanes: [lane(2, 0, 2)],
      inserts: [segment(2, [Buffer.from("b")]), segment(1, [Buffer.from("again")])],
    });
    expect(() => store.apply(twice)).toThrow(expect.objectContaining({ code: "STORAGE_CONSTRAINT" }));
    expect(store.load(now)).toMatchObject({ lanes: [{ depth: 1, last: 1 }] });
    expect(decodePage(store.page({ lane: 1, after: 0, maxBytes: 1_000 }).bytes).map(({ seq }) => seq)).toEqual([1]);
  });
});

describe("space", () => {
  const large = (): Buffer => Buffer.alloc(250_000);

  it("of a backlog that was worked off goes back to the file system", () => {
    const folder = tempFolder();
    const store = openStore(folder);
    store.load(now);
    const seqs = Array.from({ length: 320 }, (_, index) => index + 1);
    for (const seq of seqs) store.apply(batch({ inserts: [segment(seq, [large()])] }));
    const full = statSync(join(folder, "bus.db")).size;
    store.shrink();
    expect(statSync(join(folder, "bus.db")).size).toBe(full);
    for (const seq of seqs) store.apply(batch({ settlements: [removal(seq)] }));
    store.shrink();
    expect(full).toBeGreaterThan(70 * 2 ** 20);
    expect(statSync(join(folder, "bus.db")).size).toBeLessThan(2 ** 20);
  });

  it("of the log is used again although pages are read in part meanwhile", () => {
    const folder = tempFolder();
    const store = openStore(folder);
    store.load(now);
    for (let seq = 1; seq <= 400; seq++) {
      store.apply(batch({ inserts: [segment(seq, [large()])], settlements: seq > 10 ? [removal(seq - 10)] : [] }));
      expect(store.page({ lane: 1, after: 0, maxBytes: 1 }).end).toBe(false);
    }
    expect(statSync(join(folder, "bus.db-wal")).size).toBeLessThan(8 * 2 ** 20);
  });
});
