// Plain JSON values, as they come off the wire: their types, deep copies and deep equality.

/** A JSON value, read-only. */
export type JsonValue = string | number | boolean | null | JsonObject | readonly JsonValue[];

/** A JSON object, read-only. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** True for objects that are not lists and not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns a deep copy. A key named `__proto__` stays an ordinary key. */
export function copyJson<Value>(value: Value): Value {
  // The casts say what recursion keeps: a copy has the type of its original.
  if (Array.isArray(value)) return value.map(copyJson) as Value;
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = {};
  // A loop over keys: twice as fast as Object.entries, and routers copy every message for every target.
  for (const key in value) setKey(copy, key, copyJson(value[key]));
  return copy as Value;
}

/**
 * Freezes what is in a value, `levels` deep. True when the value is plain JSON: what is read after writing it is the same. What is undefined, infinite,
 * deeper, or made by a class is not; it is left as it is, and so is what comes behind it.
 */
export function freezeMembers(value: object, levels: number): boolean {
  if (levels === 0) return false;
  if (Array.isArray(value)) {
    for (const member of value) if (!freezeMember(member, levels - 1)) return false;
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  // A loop over keys: Object.values would build a list for every message.
  for (const key in value) if (!freezeMember((value as Record<string, unknown>)[key], levels - 1)) return false;
  return true;
}

function freezeMember(member: unknown, levels: number): boolean {
  if (typeof member === "string" || typeof member === "boolean" || member === null) return true;
  if (typeof member === "number") return Number.isFinite(member);
  if (typeof member !== "object" || !freezeMembers(member, levels)) return false;
  Object.freeze(member);
  return true;
}

/** True when both are the same JSON value. The order of keys does not count; a key whose value is undefined counts as absent. */
export function jsonEqual(first: unknown, second: unknown): boolean {
  if (first === second) return true;
  if (typeof first !== "object" || typeof second !== "object" || first === null || second === null) return false;
  if (Array.isArray(first) || Array.isArray(second)) {
    if (!Array.isArray(first) || !Array.isArray(second) || first.length !== second.length) return false;
    return first.every((member, index) => jsonEqual(member, second[index]));
  }
  const members = Object.entries(first).filter(([, member]) => member !== undefined);
  const others = new Map(Object.entries(second).filter(([, member]) => member !== undefined));
  return members.length === others.size && members.every(([key, member]) => jsonEqual(member, others.get(key)));
}

/** True when `value` has more than `levels` objects and lists inside one another. */
export function deeperThan(value: object, levels: number): boolean {
  if (levels === 0) return true;
  // A loop over keys, because Object.values would build a list for every object of every large message.
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (typeof member === "object" && member !== null && deeperThan(member, levels - 1)) return true;
  }
  return false;
}

function setKey(object: Record<string, unknown>, key: string, value: unknown): void {
  // Assigning to `__proto__` would set the prototype instead of a key.
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}
