// The count itself: what it calls lost, invented, out of order and duplicate, and what it does not.

import { expect, it } from "vitest";
import { type Books, count } from "./books.ts";
import { type Entry, Ledger, readLedger } from "./ledger.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import { tempFolder } from "@switchboard/testkit";

const books: Books = { producers: [], consumers: [], parked: [], orderedQueue: 0 };

it("calls a message lost that was accepted and is neither handled nor parked", () => {
  const producers = [[...published(1, 0), ...published(1, 1), ...published(1, 2), entry("attempted", 1, 3)]];
  const consumers = [[entry("received", 1, 0), entry("handled", 1, 0), entry("received", 1, 1)]];
  const counted = count({ ...books, producers, consumers, parked: [{ writer: 1, number: 2 }] });
  expect(counted).toMatchObject({ attempted: 4, accepted: 3, handled: 1, parked: 1 });
  expect(counted.lost).toEqual([{ writer: 1, number: 1 }]);
});

it("calls a message invented that was received and never attempted", () => {
  const consumers = [[entry("received", 1, 0), entry("received", 2, 0)]];
  const counted = count({ ...books, producers: [[entry("attempted", 1, 0)]], consumers });
  expect(counted.invented).toEqual([{ writer: 2, number: 0 }]);
});

it("calls a message out of order that came first after a later one, unless it is a redelivery or was not accepted", () => {
  const producers = [
    [0, 1, 2, 3, 4, 5].flatMap((number) => published(1, number)),
    [entry("attempted", 2, 0), ...published(2, 1)],
  ];
  const received = [entry("received", 1, 1), entry("received", 1, 4), entry("received", 1, 1), entry("received", 1, 3)];
  const again = { ...entry("received", 1, 2), attempt: 2 };
  const elsewhere = { ...entry("received", 1, 0), queue: 1 };
  const unaccepted = [entry("received", 2, 1), entry("received", 2, 0)];
  const consumers = [[...received, again, elsewhere, ...unaccepted], [entry("received", 1, 0)]];
  expect(count({ ...books, producers, consumers }).outOfOrder).toEqual([
    { writer: 1, number: 3, after: 4, position: 4 },
  ]);
});

it("calls a message that came twice, and once of these late, a duplicate and not out of order", () => {
  const producers = [[...published(1, 0), ...published(1, 1)]];
  const again = { ...entry("handled", 1, 0), attempt: 2 };
  const received = [entry("received", 1, 1), entry("handled", 1, 1), entry("received", 1, 0), entry("handled", 1, 0)];
  const once = count({ ...books, producers, consumers: [received] });
  expect([once.outOfOrder.length, once.duplicates]).toEqual([1, 0]);
  const twice = count({ ...books, producers, consumers: [[...received, { ...again, kind: "received" }, again]] });
  expect([twice.outOfOrder.length, twice.duplicates]).toEqual([0, 1]);
});

it("counts each time a message was handled again, by whomever", () => {
  const handled = entry("handled", 1, 0);
  const counted = count({ ...books, producers: [published(1, 0)], consumers: [[handled, handled], [handled]] });
  expect([counted.handled, counted.duplicates]).toEqual([1, 2]);
});

it("ledgers give back what was written", () => {
  const path = `${tempFolder()}/ledger`;
  const entries = [entry("attempted", 1, 0), { ...entry("handled", 70_000, 4_000_000_000), queue: 3, attempt: 1_000 }];
  const ledger = new Ledger(path);
  for (const one of entries) ledger.write(one);
  expect(readLedger(path)).toEqual(entries);
});

it("messages are known again, and a changed, foreign or cut one is not", () => {
  const stamp = { writer: 7, number: 123_456 };
  const body = encodeMessage(stamp, 42);
  expect(decodeMessage(body, 42)).toEqual(stamp);
  expect(decodeMessage(body, 43)).toBeUndefined();
  expect(decodeMessage(body.subarray(1), 42)).toBeUndefined();
  for (const index of [0, 5, 9, body.length - 1]) {
    const changed = Buffer.from(body);
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
    expect(decodeMessage(changed, 42)).toBeUndefined();
  }
});

function entry(kind: Entry["kind"], writer: number, number: number): Entry {
  return { kind, queue: 0, attempt: 1, writer, number };
}

function published(writer: number, number: number): Entry[] {
  return [entry("attempted", writer, number), entry("accepted", writer, number)];
}
