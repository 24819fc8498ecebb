// Commands on hashes, sets and lists.

import type { Fields } from "../commands.ts";
import type { Entries } from "./entries.ts";
import type { CommandSet } from "./command-set.ts";
import { type Entry, type ListEnd, sliceOf } from "./entry-store.ts";
import { add } from "./key-commands.ts";

type HashCommand = "hget" | "hexists" | "hgetall" | "hlen" | "hvals" | "hset" | "hsetnx" | "hdel" | "hincrby";

/** Commands on hashes. */
export function hashCommands(entries: Entries): CommandSet<HashCommand> {
  const { store } = entries;
  const field = (key: string, name: string): string | undefined => {
    const entry = entries.get(key, "hash");
    return entry === undefined ? undefined : store.field(entry, name);
  };
  const fields = (key: string): Fields => {
    const entry = entries.get(key, "hash");
    return entry === undefined ? [] : store.fields(entry);
  };
  const setFields = (key: string, values: Fields): number => {
    if (values.length === 0) return 0;
    const entry = entries.getOrCreate(key, "hash");
    const added = values.filter(([name, value]) => store.setField(entry, name, value)).length;
    entries.changed(entry);
    return added;
  };

  return {
    hget: field,
    hexists: (key, name) => field(key, name) !== undefined,
    hgetall: fields,
    hlen: (key) => entries.get(key, "hash")?.size ?? 0,
    hvals: (key) => fields(key).map(([, value]) => value),
    hset: setFields,
    hsetnx: (key, name, value) => field(key, name) === undefined && setFields(key, [[name, value]]) === 1,
    hdel: (key, ...names) => (names.length === 0 ? 0 : removeFields(entries, entries.get(key, "hash"), names)),
    hincrby: (key, name, amount) => {
      const next = add(field(key, name) ?? "0", amount);
      setFields(key, [[name, String(next)]]);
      return next;
    },
  };
}

type SetCommand = "sismember" | "smembers" | "scard" | "sunion" | "sadd" | "srem" | "spop" | "smove";

/** Commands on sets. */
export function setCommands(entries: Entries): CommandSet<SetCommand> {
  const { store } = entries;
  const members = (key: string): string[] => {
    const entry = entries.get(key, "set");
    return entry === undefined ? [] : store.fields(entry).map(([member]) => member);
  };
  const addMembers = (key: string, added: readonly string[]): number => {
    if (added.length === 0) return 0;
    const entry = entries.getOrCreate(key, "set");
    const count = added.filter((member) => store.setField(entry, member, "")).length;
    entries.changed(entry);
    return count;
  };

  return {
    sismember: (key, member) => {
      const entry = entries.get(key, "set");
      return entry !== undefined && store.field(entry, member) !== undefined;
    },
    smembers: members,
    scard: (key) => entries.get(key, "set")?.size ?? 0,
    sunion: (...keys) => [...new Set(keys.flatMap(members))],
    sadd: (key, ...added) => addMembers(key, added),
    srem: (key, ...removed) => (removed.length === 0 ? 0 : removeFields(entries, entries.get(key, "set"), removed)),
    spop: (key) => {
      const entry = entries.get(key, "set");
      const member = entry === undefined ? undefined : store.anyField(entry);
      if (member !== undefined) removeFields(entries, entry, [member]);
      return member;
    },
    smove: (source, destination, member) => {
      const from = entries.get(source, "set");
      if (from === undefined) return false;
      entries.get(destination, "set");
      if (store.field(from, member) === undefined) return false;
      if (source === destination) return true;
      removeFields(entries, from, [member]);
      addMembers(destination, [member]);
      return true;
    },
  };
}

function removeFields(entries: Entries, entry: Entry | undefined, names: readonly string[]): number {
  if (entry === undefined) return 0;
  const removed = names.filter((name) => entries.store.deleteField(entry, name)).length;
  if (removed > 0) entries.changed(entry);
  return removed;
}

type ListCommand = "llen" | "lrange" | "lpush" | "rpush" | "lpop" | "rpop" | "lrem" | "ltrim" | "rpoplpush";

/** Commands on lists. */
export function listCommands(entries: Entries): CommandSet<ListCommand> {
  const { store } = entries;
  const push = (key: string, end: ListEnd, values: readonly string[]): number => {
    const existing = entries.get(key, "list");
    if (values.length === 0) return existing?.size ?? 0;
    const entry = existing ?? entries.getOrCreate(key, "list");
    for (const value of values) store.push(entry, end, value);
    entries.changed(entry);
    return entry.size;
  };
  const pop = (key: string, end: ListEnd): string | undefined => {
    const entry = entries.get(key, "list");
    if (entry === undefined) return undefined;
    const value = store.pop(entry, end);
    entries.changed(entry);
    return value;
  };

  return {
    llen: (key) => entries.get(key, "list")?.size ?? 0,
    lrange: (key, start, stop) => {
      const entry = entries.get(key, "list");
      return entry === undefined ? [] : store.elements(entry, sliceOf(entry.size, start, stop));
    },
    lpush: (key, ...values) => push(key, "head", values),
    rpush: (key, ...values) => push(key, "tail", values),
    lpop: (key) => pop(key, "head"),
    rpop: (key) => pop(key, "tail"),
    lrem: (key, count, value) => {
      const entry = entries.get(key, "list");
      if (entry === undefined) return 0;
      const limit = count === 0 ? entry.size : Math.abs(count);
      const removed = store.removeElements(entry, value, { from: count < 0 ? "tail" : "head", limit });
      if (removed > 0) entries.changed(entry);
      return removed;
    },
    ltrim: (key, start, stop) => {
      const entry = entries.get(key, "list");
      if (entry === undefined) return;
      store.trim(entry, sliceOf(entry.size, start, stop));
      entries.changed(entry);
    },
    rpoplpush: (source, destination) => {
      const from = entries.get(source, "list");
      if (from === undefined) return undefined;
      entries.get(destination, "list");
      // A list of one element moved onto itself stays, with its expiry.
      if (source === destination && from.size === 1) return store.elements(from, { offset: 0, limit: 1 })[0];
      const value = pop(source, "tail");
      if (value !== undefined) push(destination, "head", [value]);
      return value;
    },
  };
}
