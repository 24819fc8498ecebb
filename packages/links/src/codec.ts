// Frames as text: a batch of them is one JSON array, encoded in one go, because encoding frame by frame takes half as long again.
// What is wrong with a single frame has to be found when it is sent, though; so each is measured then, roughly and without encoding it.

import { LinkError, type LinkFrame } from "@switchboard/core";

/** JSON never has more bytes than this per measured character: a control character becomes six. */
export const maxBytesPerChar = 6;

/** Deeper frames are encoded at once, to see whether that ends. */
const maxDepth = 200;

/**
 * About how many characters of JSON a value has; never less than a sixth of its bytes. Infinity when only encoding it can tell,
 * as with cyclic or deeply nested values and with objects that have their own `toJSON`.
 */
export function measure(value: unknown, depth = 0): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value === "number") return 8;
  if (typeof value === "object" && value !== null) {
    if (depth === maxDepth) return Infinity;
    return Array.isArray(value) ? measureList(value, depth + 1) : measureObject(value, depth + 1);
  }
  return typeof value === "bigint" ? Infinity : 5;
}

function measureList(list: readonly unknown[], depth: number): number {
  let chars = 2;
  for (let index = 0; index < list.length; index++) chars += 1 + measure(list[index], depth);
  return chars;
}

function measureObject(object: object, depth: number): number {
  if ("toJSON" in object) return Infinity;
  let chars = 2;
  for (const key of Object.keys(object)) {
    chars += key.length + 4 + measure((object as Record<string, unknown>)[key], depth);
  }
  return chars;
}

/** JSON of a value. @throws {LinkError} LINK_FRAME_INVALID when it is not plain data or longer than `maxBytes`. */
export function encode(value: LinkFrame, maxBytes: number): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new LinkError("LINK_FRAME_INVALID", `a frame must be plain JSON data: ${firstLine(cause)}`, { cause });
  }
  if (text === undefined) {
    throw new LinkError("LINK_FRAME_INVALID", `a frame must be plain JSON data, got ${typeof value}`);
  }
  // A character takes at most three bytes; counting them exactly is only worth it for long texts.
  const bytes = text.length * 3 > maxBytes ? Buffer.byteLength(text) : text.length;
  if (bytes <= maxBytes) return text;
  throw new LinkError("LINK_FRAME_INVALID", `a frame may have ${maxBytes} bytes, this one has ${bytes}`);
}

/** The JSON value in `text`. @throws {LinkError} LINK_PROTOCOL when there is none. */
export function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LinkError("LINK_PROTOCOL", `expected JSON, got ${excerpt(text)}`, { cause });
  }
}

/** The first characters of what came, for an error message. */
export function excerpt(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? typeof value);
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function firstLine(cause: unknown): string {
  return String(cause instanceof Error ? cause.message : cause).split("\n")[0] ?? "";
}
