// Single characters of Python patterns, and the escapes that stand for one or for a kind of them, in the spelling of JavaScript's `v` mode.

import type { Reader } from "./reader.ts";

/** The only character that Python takes for the end of a line. JavaScript knows four, so its own `.` and `m` are of no use. */
export const newLine = "\\n";

/** Every other character. */
export const notNewLine = "[^\\n]";

const asciiKinds: Readonly<Record<string, string>> = {
  d: String.raw`\d`,
  D: String.raw`\D`,
  w: String.raw`\w`,
  W: String.raw`\W`,
  s: String.raw`[\t-\r\x20]`,
  S: String.raw`[^\t-\r\x20]`,
};

const unicodeSpaces = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const unicodeKinds: Readonly<Record<string, string>> = {
  d: String.raw`\p{Nd}`,
  D: String.raw`\P{Nd}`,
  w: String.raw`[\p{L}\p{N}_]`,
  W: String.raw`[^\p{L}\p{N}_]`,
  s: `[${unicodeSpaces}]`,
  S: `[^${unicodeSpaces}]`,
};

const controls: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

const hexDigits: Readonly<Record<string, RegExp>> = {
  x: /[0-9a-fA-F]{2}/y,
  u: /[0-9a-fA-F]{4}/y,
  U: /[0-9a-fA-F]{8}/y,
};

/** Returns one character as text that stands for itself, inside and outside of a set. */
export function literal(char: string): string {
  if (/^[\p{L}\p{N}]$/u.test(char)) return char;
  return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
}

/** Returns what stands for the kind of character that `\letter` means (`\d`, `\W`, …), or undefined. */
export function classEscape(letter: string, unicode: boolean): string | undefined {
  const kinds = unicode ? unicodeKinds : asciiKinds;
  return Object.hasOwn(kinds, letter) ? kinds[letter] : undefined;
}

/** Reads what follows a backslash and stands for one character. In a set `\b` is a backspace; outside the caller has dealt with it. */
export function escapeChar(reader: Reader): string {
  const start = reader.position - 1;
  const octal = reader.takeMatch(/0[0-7]{0,2}|[0-3][0-7]{2}/y);
  if (octal !== "") return String.fromCodePoint(Number.parseInt(octal, 8));
  const char = reader.take();
  if (char === "") reader.fail("a backslash at its end", start);
  if (Object.hasOwn(controls, char)) return controls[char] ?? "";
  const digits = hexDigits[char];
  if (digits !== undefined) {
    const code = Number.parseInt(reader.takeMatch(digits), 16);
    if (!(code <= 0x10ffff)) reader.fail(`an incomplete escape \\${char}`, start);
    return String.fromCodePoint(code);
  }
  if (/[a-zA-Z0-9]/.test(char)) reader.fail(`\\${char}, which Python does not know`, start);
  return char;
}
