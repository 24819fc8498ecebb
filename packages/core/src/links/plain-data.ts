// What can cross a link: the same on both sides, whichever codec the link has.

const maxDepth = 100;

/**
 * Says what in `value` would not arrive as it is on the other side of a link (`.when is a Date object`), or returns undefined.
 * Plain data is null, booleans, strings, finite numbers, arrays and simple objects of these, at most 100 levels deep.
 */
export function whyNotPlain(value: unknown, depth = 0): string | undefined {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : ` is ${value}`;
  if (typeof value !== "object") return ` is ${value === undefined ? "undefined" : `a ${typeof value}`}`;
  if (depth === maxDepth) return ` lies more than ${maxDepth} levels deep`;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const why = whyNotPlain(value[index], depth + 1);
      if (why !== undefined) return `[${index}]${why}`;
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype of simple objects is the only one without a prototype itself, also where they come from another realm.
  if (prototype !== Object.prototype && prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return ` is a ${value.constructor.name} object`;
  }
  for (const key of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[key];
    if (field === undefined) continue;
    const why = whyNotPlain(field, depth + 1);
    if (why !== undefined) return `.${key}${why}`;
  }
  return undefined;
}
