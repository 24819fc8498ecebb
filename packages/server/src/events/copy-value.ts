// Deep copies of what events carry, so that one handler cannot change what the next one sees.

/** A deep copy of arrays, plain objects, dates and bytes; anything else (secrets, instances of classes) is shared. */
export function copyValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyValue);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return copyObject(value as Record<string, unknown>);
  if (value instanceof Date) return new Date(value);
  return value instanceof Uint8Array ? value.slice() : value;
}

/** A deep copy of an object's members. */
export function copyObject(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(object)) {
    // Assigning `__proto__` would change the copy's prototype.
    if (key !== "__proto__") copy[key] = copyValue(object[key]);
  }
  return copy;
}
