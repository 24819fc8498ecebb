// Names a value in an error message, so that people recognise it without the whole of it (or a secret) ending up in a log.

const maxQuotedChars = 60;

/** Returns how to name `value` after "got": its kind, and for short plain values what it is. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  if (value instanceof Date) return "a date";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function quote(text: string): string {
  return JSON.stringify(text.length <= maxQuotedChars ? text : `${text.slice(0, maxQuotedChars)}…`);
}
