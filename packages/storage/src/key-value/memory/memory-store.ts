// The store of the memory engine: a map of keys, and a heap of those that expire.

import type { Entry, EntryStore, ListEnd, Slice } from "../engine/entry-store.ts";
import type { KeyKind, ScoredMember } from "../key-value.ts";
import { ExpiryHeap, type HeapItem } from "./expiry-heap.ts";
import { SortedMembers } from "./sorted-members.ts";

/** What a key holds. A set is a map without values. */
type Value =
  | { readonly kind: "string"; text: string }
  | { readonly kind: "hash" | "set"; readonly fields: Map<string, string> }
  | { readonly kind: "zset"; readonly members: SortedMembers }
  | { readonly kind: "list"; elements: string[] };

class MemoryEntry implements Entry, HeapItem {
  key: string;
  value: Value;
  expiresAt: number | undefined = undefined;
  heapIndex = -1;

  constructor(key: string, value: Value) {
    this.key = key;
    this.value = value;
  }

  get kind(): KeyKind {
    return this.value.kind;
  }

  get size(): number {
    const { value } = this;
    if (value.kind === "string") return 1;
    if (value.kind === "zset") return value.members.size;
    return value.kind === "list" ? value.elements.length : value.fields.size;
  }
}

/** Keeps everything in this process's memory. */
export class MemoryStore implements EntryStore<MemoryEntry> {
  readonly #entries = new Map<string, MemoryEntry>();
  readonly #expiries = new ExpiryHeap<MemoryEntry>();

  /** How many keys there are, expired ones that were not removed yet included. */
  get size(): number {
    return this.#entries.size;
  }

  /** All keys; may be walked while they change, as a Map may. */
  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  find(key: string): MemoryEntry | undefined {
    return this.#entries.get(key);
  }

  create(key: string, kind: KeyKind): MemoryEntry {
    const entry = new MemoryEntry(key, emptyValue(kind));
    this.#entries.set(key, entry);
    return entry;
  }

  remove(entry: MemoryEntry): void {
    this.#entries.delete(entry.key);
    this.#expiries.set(entry, undefined);
  }

  rename(entry: MemoryEntry, key: string): void {
    this.#entries.delete(entry.key);
    entry.key = key;
    this.#entries.set(key, entry);
  }

  setExpiry(entry: MemoryEntry, expiresAt: number | undefined): void {
    this.#expiries.set(entry, expiresAt);
  }

  save(): void {
    // Changes are made in place.
  }

  expired(now: number, limit: number): MemoryEntry[] {
    const due: MemoryEntry[] = [];
    while (due.length < limit) {
      const { first } = this.#expiries;
      if (first?.expiresAt === undefined || first.expiresAt > now) break;
      this.#expiries.set(first, undefined);
      due.push(first);
    }
    return due;
  }

  nextExpiry(): number | undefined {
    return this.#expiries.first?.expiresAt;
  }

  text({ value }: MemoryEntry): string {
    return value.kind === "string" ? value.text : "";
  }

  putText(entry: MemoryEntry | undefined, key: string, content: { text: string; expiresAt: number | undefined }): void {
    const target = entry ?? this.create(key, "string");
    target.value = { kind: "string", text: content.text };
    if (target.expiresAt !== content.expiresAt) this.#expiries.set(target, content.expiresAt);
  }

  field(entry: MemoryEntry, name: string): string | undefined {
    return fieldsOf(entry).get(name);
  }

  setField(entry: MemoryEntry, name: string, value: string): boolean {
    const fields = fieldsOf(entry);
    const isNew = !fields.has(name);
    fields.set(name, value);
    return isNew;
  }

  deleteField(entry: MemoryEntry, name: string): boolean {
    return fieldsOf(entry).delete(name);
  }

  fields(entry: MemoryEntry): [name: string, value: string][] {
    return [...fieldsOf(entry)];
  }

  anyField(entry: MemoryEntry): string | undefined {
    return fieldsOf(entry).keys().next().value;
  }

  score(entry: MemoryEntry, member: string): number | undefined {
    return membersOf(entry).score(member);
  }

  setScore(entry: MemoryEntry, member: string, score: number): boolean {
    return membersOf(entry).set(member, score);
  }

  deleteMember(entry: MemoryEntry, member: string): boolean {
    return membersOf(entry).delete(member);
  }

  membersByRank(entry: MemoryEntry, { offset, limit }: Slice, reverse: boolean): ScoredMember[] {
    const members = membersOf(entry);
    if (!reverse) return members.slice(offset, offset + limit);
    const end = members.size - offset;
    return members.slice(Math.max(end - limit, 0), end).toReversed();
  }

  membersByScore(entry: MemoryEntry, { min, max }: { min: number; max: number }, slice: Slice): ScoredMember[] {
    const members = membersOf(entry);
    const start = members.countBelow(min) + slice.offset;
    return members.slice(start, Math.min(members.countUpTo(max), start + slice.limit));
  }

  countByScore(entry: MemoryEntry, min: number, max: number): number {
    const members = membersOf(entry);
    return Math.max(members.countUpTo(max) - members.countBelow(min), 0);
  }

  push(entry: MemoryEntry, end: ListEnd, value: string): void {
    if (end === "head") elementsOf(entry).unshift(value);
    else elementsOf(entry).push(value);
  }

  pop(entry: MemoryEntry, end: ListEnd): string | undefined {
    return end === "head" ? elementsOf(entry).shift() : elementsOf(entry).pop();
  }

  elements(entry: MemoryEntry, { offset, limit }: Slice): string[] {
    return elementsOf(entry).slice(offset, offset + limit);
  }

  trim(entry: MemoryEntry, slice: Slice): void {
    if (entry.value.kind === "list") entry.value.elements = this.elements(entry, slice);
  }

  removeElements(entry: MemoryEntry, value: string, { from, limit }: { from: ListEnd; limit: number }): number {
    const elements = elementsOf(entry);
    let removed = 0;
    const isKept = (element: string): boolean => {
      if (element !== value || removed === limit) return true;
      removed++;
      return false;
    };
    const kept = from === "head" ? elements.filter(isKept) : elements.toReversed().filter(isKept).toReversed();
    if (entry.value.kind === "list") entry.value.elements = kept;
    return removed;
  }
}

function emptyValue(kind: KeyKind): Value {
  if (kind === "string") return { kind, text: "" };
  if (kind === "zset") return { kind, members: new SortedMembers() };
  return kind === "list" ? { kind, elements: [] } : { kind, fields: new Map() };
}

// The commands have made sure of the kind before they call; the empty values are for the compiler.
function fieldsOf({ value }: MemoryEntry): Map<string, string> {
  return "fields" in value ? value.fields : new Map();
}

function membersOf({ value }: MemoryEntry): SortedMembers {
  return value.kind === "zset" ? value.members : new SortedMembers();
}

function elementsOf({ value }: MemoryEntry): string[] {
  return value.kind === "list" ? value.elements : [];
}
