// Commands on keys and strings.

import { StorageError } from "../../errors.ts";
import type { Entries } from "./entries.ts";
import type { CommandSet } from "./command-set.ts";

type KeyCommand =
  "exists" | "type" | "pttl" | "delete" | "rename" | "pexpire" | "persist" | "get" | "set" | "setnx" | "incrby";

/** Commands that work on any kind of key, and those on strings. */
export function keyCommands(entries: Entries): CommandSet<KeyCommand> {
  const { store } = entries;

  const put = (key: string, text: string, ttlMs?: number): void => {
    const old = store.find(key);
    if (old !== undefined && old.kind !== "string") store.remove(old);
    const expiresAt = ttlMs === undefined ? undefined : entries.now + ttlMs;
    store.putText(old?.kind === "string" ? old : undefined, key, { text, expiresAt });
  };

  return {
    exists: (key) => entries.find(key) !== undefined,
    type: (key) => entries.find(key)?.kind,
    pttl: (key) => {
      const expiresAt = entries.find(key)?.expiresAt;
      return expiresAt === undefined ? undefined : expiresAt - entries.now;
    },
    delete: (...keys) => keys.filter((key) => entries.clear(key)).length,
    rename: (key, newKey) => {
      const entry = entries.find(key);
      if (entry === undefined) throw new StorageError("STORAGE_ARGUMENT_INVALID", "rename: no such key");
      if (key === newKey) return;
      entries.clear(newKey);
      store.rename(entry, newKey);
    },
    pexpire: (key, ttlMs) => {
      const entry = entries.find(key);
      if (entry !== undefined) store.setExpiry(entry, entries.now + ttlMs);
      return entry !== undefined;
    },
    persist: (key) => {
      const entry = entries.find(key);
      if (entry?.expiresAt === undefined) return false;
      store.setExpiry(entry, undefined);
      return true;
    },

    get: (key) => {
      const entry = entries.get(key, "string");
      return entry === undefined ? undefined : store.text(entry);
    },
    set: put,
    setnx: (key, text, ttlMs) => {
      if (entries.find(key) !== undefined) return false;
      put(key, text, ttlMs);
      return true;
    },
    incrby: (key, amount) => {
      const entry = entries.get(key, "string");
      const next = add(entry === undefined ? "0" : store.text(entry), amount);
      if (entry === undefined) put(key, String(next));
      else store.putText(entry, key, { text: String(next), expiresAt: entry.expiresAt });
      return next;
    },
  };
}

/**
 * Adds to a number kept as text.
 *
 * @throws {StorageError} STORAGE_NOT_INTEGER.
 */
export function add(text: string, amount: number): number {
  // Redis takes nothing but the plain form either: no sign +, no spaces, no leading zeros.
  if (!/^(?:0|-?[1-9]\d*)$/.test(text)) {
    throw new StorageError("STORAGE_NOT_INTEGER", "expected a whole number to count from, found another text");
  }
  const next = Number(text) + amount;
  if (!Number.isSafeInteger(next) || !Number.isSafeInteger(Number(text))) {
    throw new StorageError("STORAGE_NOT_INTEGER", "the result is beyond ±9007199254740991");
  }
  return next;
}
