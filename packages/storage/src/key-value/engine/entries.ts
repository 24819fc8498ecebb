// The rules that all commands share, on top of a store: expired keys are absent, a key holds one kind of value, empty containers are gone.

import { StorageError } from "../../errors.ts";
import type { KeyKind } from "../key-value.ts";
import type { Entry, EntryStore } from "./entry-store.ts";

/** A store seen at one moment. The owner sets `now` before each command. */
export class Entries {
  readonly store: EntryStore;
  /** Milliseconds since 1970. */
  now = 0;

  constructor(store: EntryStore) {
    this.store = store;
  }

  /** The entry of any kind, unless it has expired. */
  find(key: string): Entry | undefined {
    const entry = this.store.find(key);
    return entry === undefined || this.#isExpired(entry) ? undefined : entry;
  }

  /**
   * The entry of this kind, unless it has expired.
   *
   * @throws {StorageError} STORAGE_WRONG_TYPE.
   */
  get(key: string, kind: KeyKind): Entry | undefined {
    const entry = this.find(key);
    if (entry !== undefined && entry.kind !== kind) {
      throw new StorageError("STORAGE_WRONG_TYPE", `expected a ${kind}, found a ${entry.kind}`, {
        details: { expected: kind, found: entry.kind },
      });
    }
    return entry;
  }

  /** As {@link get}, but makes an empty one where there is none. */
  getOrCreate(key: string, kind: KeyKind): Entry {
    const entry = this.get(key, kind);
    if (entry !== undefined) return entry;
    this.clear(key);
    return this.store.create(key, kind);
  }

  /** Removes what is under the key. Returns whether there was something, expired entries not counted. */
  clear(key: string): boolean {
    const entry = this.store.find(key);
    if (entry === undefined) return false;
    const existed = !this.#isExpired(entry);
    this.store.remove(entry);
    return existed;
  }

  /** Ends a change of a container. */
  changed(entry: Entry): void {
    if (entry.size === 0) this.store.remove(entry);
    else this.store.save(entry);
  }

  #isExpired({ expiresAt }: Entry): boolean {
    return expiresAt !== undefined && expiresAt <= this.now;
  }
}
