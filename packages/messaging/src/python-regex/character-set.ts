// `[…]` of a Python pattern in JavaScript's `v` mode.

import { classEscape, escapeChar, literal } from "./characters.ts";
import type { Reader } from "./reader.ts";

interface Member {
  /** Its JavaScript spelling. */
  readonly text: string;
  /** The single character it is; undefined for a kind of characters. */
  readonly char: string | undefined;
}

/** Translates a set whose `[` has been taken. */
export function readCharacterSet(reader: Reader, unicode: boolean): string {
  const start = reader.position - 1;
  let output = "[";
  if (reader.peek() === "^") output += reader.take();
  // A `]` that comes first is text.
  for (let first = true; first || reader.peek() !== "]"; first = false) {
    if (reader.peek() === "") reader.fail("a set without end", start);
    output += readRange(reader, unicode);
  }
  return output + reader.take();
}

function readRange(reader: Reader, unicode: boolean): string {
  const start = reader.position;
  const low = readMember(reader, unicode);
  const dash = reader.takeMatch(/-(?!\])/y);
  if (dash === "") return low.text;
  if (reader.peek() === "") reader.fail("a set without end", start);
  const high = readMember(reader, unicode);
  if (low.char === undefined || high.char === undefined || codeOf(low.char) > codeOf(high.char)) {
    reader.fail("a range without beginning and end", start);
  }
  return `${low.text}-${high.text}`;
}

function readMember(reader: Reader, unicode: boolean): Member {
  const char = reader.take();
  if (char !== "\\") return { text: literal(char), char };
  const kind = classEscape(reader.peek(), unicode);
  if (kind !== undefined) {
    reader.take();
    return { text: kind, char: undefined };
  }
  const escaped = escapeChar(reader);
  return { text: literal(escaped), char: escaped };
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
