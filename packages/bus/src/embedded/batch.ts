// The bulk of a batch, and of a page read back, as one buffer that changes threads without being copied.
// It never reaches the disk as it is; both sides run the same build.
//
// Batch: numbers (f64) first, then bytes. Numbers: how many lanes, settlements and inserts; then their fields in that order. Removing
// comes before inserting, so that SQLite uses the freed pages at once.

import { writeContent } from "./codec.ts";
import type { Message } from "./message.ts";

/** A lane's counters change. */
export interface LaneUpdate {
  readonly lane: number;
  readonly queue: number;
  readonly priority: number;
  /** Messages added less messages settled. */
  readonly change: number;
  /** Messages up to this number may have been handed out once this is written. */
  readonly claimed: number;
  /** The last number used. */
  readonly last: number;
}

/** A new segment. */
export interface Insert {
  readonly lane: number;
  readonly seq: number;
  readonly bytes: number;
  readonly messages: readonly Message[];
}

/** A segment some of whose messages were settled. */
export interface Settlement {
  readonly seq: number;
  /** True: all of them, the row goes. */
  readonly finished: boolean;
  /** True: the database may have a bitmap of it. */
  readonly stored: boolean;
  readonly done: Uint8Array;
}

/** The bulk of one batch. */
export interface Bulk {
  readonly lanes: readonly LaneUpdate[];
  readonly inserts: readonly Insert[];
  readonly settlements: readonly Settlement[];
}

/** What the writer does with each part of a batch. */
export interface BulkVisitor {
  lane(lane: number, queue: number, priority: number, change: number, claimed: number, last: number): void;
  insert(lane: number, seq: number, count: number, payload: Buffer): void;
  remove(seq: number, stored: boolean): void;
  progress(seq: number, done: Buffer): void;
}

const headFields = 3;
const laneFields = 6;
const insertFields = 4;
const settlementFields = 4;

/** Packs a batch. `spare` is used again when it is large enough. */
export function encodeBulk({ lanes, inserts, settlements }: Bulk, spare: ArrayBuffer | undefined): ArrayBuffer {
  const fields =
    headFields + lanes.length * laneFields + inserts.length * insertFields + settlements.length * settlementFields;
  let size = fields * 8;
  for (const insert of inserts) size += insert.bytes;
  for (const { finished, done } of settlements) if (!finished) size += done.length;
  const buffer = spare !== undefined && spare.byteLength >= size ? spare : new ArrayBuffer(roundUp(size));
  const numbers = new Float64Array(buffer, 0, fields);
  const target = { view: new DataView(buffer), bytes: new Uint8Array(buffer) };
  let at = 0;
  let offset = fields * 8;
  numbers[at++] = lanes.length;
  numbers[at++] = settlements.length;
  numbers[at++] = inserts.length;
  for (const { lane, queue, priority, change, claimed, last } of lanes) {
    numbers[at++] = lane;
    numbers[at++] = queue;
    numbers[at++] = priority;
    numbers[at++] = change;
    numbers[at++] = claimed;
    numbers[at++] = last;
  }
  for (const { seq, finished, stored, done } of settlements) {
    numbers[at++] = seq;
    numbers[at++] = finished ? 1 : 0;
    numbers[at++] = stored ? 1 : 0;
    numbers[at++] = finished ? 0 : done.length;
    if (finished) continue;
    target.bytes.set(done, offset);
    offset += done.length;
  }
  for (const { lane, seq, messages, bytes: length } of inserts) {
    numbers[at++] = lane;
    numbers[at++] = seq;
    numbers[at++] = messages.length;
    numbers[at++] = length;
    for (const message of messages) offset = writeContent(target, offset, message);
  }
  return buffer;
}

/** Walks through a batch in the order it was packed. */
export function visitBulk(buffer: ArrayBuffer, visitor: BulkVisitor): void {
  const numbers = new Float64Array(buffer, 0, buffer.byteLength >> 3);
  let at = 0;
  const next = (): number => numbers[at++] ?? Number.NaN;
  const lanes = next();
  const settlements = next();
  const inserts = next();
  let offset = (headFields + lanes * laneFields + inserts * insertFields + settlements * settlementFields) * 8;
  for (let count = 0; count < lanes; count++) visitor.lane(next(), next(), next(), next(), next(), next());
  for (let count = 0; count < settlements; count++) {
    const seq = next();
    const finished = next() === 1;
    const stored = next() === 1;
    const length = next();
    if (finished) visitor.remove(seq, stored);
    else visitor.progress(seq, Buffer.from(buffer, offset, length));
    offset += length;
  }
  for (let count = 0; count < inserts; count++) {
    const lane = next();
    const seq = next();
    const messages = next();
    const length = next();
    visitor.insert(lane, seq, messages, Buffer.from(buffer, offset, length));
    offset += length;
  }
}

/** One stored segment on a page. */
export interface PageRow {
  readonly seq: number;
  readonly count: number;
  /** Undefined: nothing is settled. */
  readonly done: Uint8Array | undefined;
  readonly payload: Uint8Array;
}

const rowFields = 4;

/** Packs the rows of a page. */
export function encodePage(rows: readonly PageRow[]): ArrayBuffer {
  let size = 8 + rows.length * rowFields * 8;
  for (const { done, payload } of rows) size += payload.length + (done?.length ?? 0);
  const buffer = new ArrayBuffer((size + 7) & ~7);
  const numbers = new Float64Array(buffer);
  const bytes = new Uint8Array(buffer);
  let at = 0;
  let offset = 8 + rows.length * rowFields * 8;
  numbers[at++] = rows.length;
  for (const { seq, count, done, payload } of rows) {
    numbers[at++] = seq;
    numbers[at++] = count;
    numbers[at++] = done?.length ?? 0;
    numbers[at++] = payload.length;
    if (done !== undefined) bytes.set(done, offset);
    offset += done?.length ?? 0;
    bytes.set(payload, offset);
    offset += payload.length;
  }
  return buffer;
}

/** Unpacks the rows of a page. */
export function decodePage(buffer: ArrayBuffer): PageRow[] {
  const numbers = new Float64Array(buffer);
  let at = 0;
  const next = (): number => numbers[at++] ?? Number.NaN;
  const count = next();
  let offset = 8 + count * rowFields * 8;
  const rows: PageRow[] = [];
  for (let row = 0; row < count; row++) {
    const seq = next();
    const messages = next();
    const doneLength = next();
    const length = next();
    const done = doneLength === 0 ? undefined : new Uint8Array(buffer, offset, doneLength).slice();
    offset += doneLength;
    rows.push({ seq, count: messages, done, payload: new Uint8Array(buffer, offset, length) });
    offset += length;
  }
  return rows;
}

// Buffers go back and forth, so their sizes should fit the next batch too.
function roundUp(size: number): number {
  let rounded = 4_096;
  while (rounded < size) rounded *= 2;
  return rounded;
}
