// What producers and consumers write down: one file each, appended to by a plain write for each entry, so that an entry made is there
// even if its process is killed in the next instant.

import { openSync, readFileSync, writeSync } from "node:fs";
import type { Stamp } from "./message.ts";

/** What happened to a message, in the order in which it does. */
type EntryKind = "attempted" | "accepted" | "received" | "handled";

/** One line of a ledger. `queue` and `attempt` count for "received" and "handled" only. */
export interface Entry extends Stamp {
  readonly kind: EntryKind;
  /** Its place in the run's list of queues. */
  readonly queue: number;
  readonly attempt: number;
}

/** An entry about a message that is not one of the run: nobody is writer 0. */
export const strangerStamp: Stamp = { writer: 0, number: 0 };

/** Bytes of one entry. */
export const entryBytes = 12;

const kinds: readonly EntryKind[] = ["attempted", "accepted", "received", "handled"];

/** Appends to one ledger. */
export class Ledger {
  readonly #file: number;
  readonly #buffer = Buffer.alloc(entryBytes);

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  write(entry: Entry): void {
    this.#buffer.writeUInt8(kinds.indexOf(entry.kind), 0);
    this.#buffer.writeUInt8(entry.queue, 1);
    this.#buffer.writeUInt16LE(entry.attempt, 2);
    this.#buffer.writeUInt32LE(entry.writer, 4);
    this.#buffer.writeUInt32LE(entry.number, 8);
    writeSync(this.#file, this.#buffer);
  }
}

/** Returns the entries of a ledger, in the order in which they were made. */
export function readLedger(path: string): Entry[] {
  const bytes = readFileSync(path);
  return Array.from({ length: Math.floor(bytes.length / entryBytes) }, (_, index) => {
    const at = index * entryBytes;
    return {
      kind: kinds[bytes.readUInt8(at)] ?? "attempted",
      queue: bytes.readUInt8(at + 1),
      attempt: bytes.readUInt16LE(at + 2),
      writer: bytes.readUInt32LE(at + 4),
      number: bytes.readUInt32LE(at + 8),
    };
  });
}
