// The search language of the Messages page, from text to a filter: free words, `key:value`, `-key:value`, `"words in a row"`, and several
// values separated by commas. What is not understood is searched for as text and told.

import type { FilterCondition, FilterField, MessageFilter } from "@switchboard/messaging/store";
import { messageStates } from "@switchboard/messaging/store";

/** What a text meant. */
export interface MessageQuery {
  readonly filter: MessageFilter;
  /** Tokens with a key or a value that is not known; they were left out. */
  readonly skipped: readonly string[];
}

/** The keys, and what each asks about. */
export const queryKeys: Readonly<Record<string, FilterField>> = {
  id: "id",
  channel: "channel",
  router: "router",
  application: "application",
  rule: "rule",
  person: "person",
  to: "to",
  from: "from",
  state: "state",
  error: "error",
  type: "direction",
  direction: "direction",
  session: "session",
  tag: "tag",
  provider: "provider",
  reply: "reply",
  test: "test",
};

const directions: Readonly<Record<string, string>> = {
  in: "inbound",
  inbound: "inbound",
  out: "outbound",
  outbound: "outbound",
};

interface Token {
  readonly not: boolean;
  /** Undefined for text. */
  readonly key: string | undefined;
  readonly value: string;
  readonly source: string;
}

const maxTokens = 50;

/** Reads a query. Never fails: anything is at least text. */
export function parseMessageQuery(text: string): MessageQuery {
  const conditions: FilterCondition[] = [];
  const words: { value: string; not: boolean }[] = [];
  const skipped: string[] = [];
  for (const token of tokensOf(text)) {
    if (token.key === undefined) {
      if (token.value !== "") words.push({ value: token.value, not: token.not });
      continue;
    }
    const condition = conditionOf(token);
    if (condition === undefined) skipped.push(token.source);
    else conditions.push(condition);
  }
  return { filter: { conditions, text: words }, skipped };
}

/** The condition that a key and its value mean; undefined when either is not known. */
function conditionOf({ key = "", value, not }: Token): FilterCondition | undefined {
  const field = Object.hasOwn(queryKeys, key) ? queryKeys[key] : undefined;
  if (field === undefined) return undefined;
  const values = value.split(",").filter((one) => one !== "");
  if (values.length === 0) return undefined;
  if (field === "state" && !values.every((one) => (messageStates as readonly string[]).includes(one))) return undefined;
  if (field !== "direction") return { field, values, not };
  const known = values.map((one) => (Object.hasOwn(directions, one) ? directions[one] : undefined));
  return known.every((one) => one !== undefined) ? { field, values: known, not } : undefined;
}

// A minus sign, then a key with its colon and a value, or a text alone; values and texts are quoted, or anything without blanks.
const tokenPattern = /(-)?(?:([a-z_]+):(?:"((?:[^"\\]|\\.)*)"|(\S*))|"((?:[^"\\]|\\.)*)"|(\S+))/gy;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(tokenPattern);
  let position = 0;
  while (position < text.length && tokens.length < maxTokens) {
    if (/\s/.test(text[position] ?? "")) {
      position += 1;
      continue;
    }
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match === null) {
      position += 1;
      continue;
    }
    position = pattern.lastIndex;
    const [source, sign, key, quotedValue, plainValue, quotedText, plainText] = match;
    const quoted = quotedValue ?? quotedText;
    const value = quoted === undefined ? (plainValue ?? plainText ?? "") : unescape(quoted);
    tokens.push({ not: sign !== undefined, key, value, source });
  }
  return tokens;
}

function unescape(quoted: string): string {
  return quoted.replace(/\\(.)/g, "$1");
}

/** Writes a filter in the language, so that reading it gives the same filter. */
export function writeMessageQuery({ conditions = [], text = [] }: MessageFilter): string {
  return [
    ...conditions.map(({ field, values, not }) => `${minus(not)}${field}:${quote(values.join(","))}`),
    ...text.map(({ value, not }) => `${minus(not)}${quote(value)}`),
  ].join(" ");
}

function quote(value: string): string {
  return `"${value.replace(/["\\]/g, (character) => `\\${character}`)}"`;
}

function minus(not: boolean | undefined): string {
  return not === true ? "-" : "";
}
