// The search language of the Messages page, from text to a filter: free words, `key:value`, `-key:value`, `"words in a row"`, and several
// values separated by commas, each of which may be quoted. What is not understood is left out, and told with its place.

import type { FilterCondition, FilterField, MessageFilter } from "@switchboard/messaging/store";
import { messageStates } from "@switchboard/messaging/store";

/** What a text meant. */
export interface MessageQuery {
  readonly filter: MessageFilter;
  /** What was left out. */
  readonly problems: readonly QueryProblem[];
}

/** A part of a query that is not understood. */
export interface QueryProblem {
  /** As it was typed. */
  readonly source: string;
  /** Where it begins: how many UTF-16 units are before it. */
  readonly at: number;
  /** What was expected, and what came. */
  readonly message: string;
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

const truths: Readonly<Record<string, string>> = {
  true: "true",
  yes: "true",
  1: "true",
  false: "false",
  no: "false",
  0: "false",
};
const states: Readonly<Record<string, string>> = Object.fromEntries(messageStates.map((state) => [state, state]));

/** Fields of which only some values make sense: what may be typed, and what it means. */
const choices: Partial<Readonly<Record<FilterField, Readonly<Record<string, string>>>>> = {
  direction: directions,
  state: states,
  test: truths,
};

interface Token {
  readonly at: number;
  readonly source: string;
  readonly not: boolean;
  /** Undefined for text. */
  readonly key: string | undefined;
  /** Of text, one. */
  readonly values: readonly string[];
}

const maxTokens = 50;
const maxShown = 60;

/** Reads a query. Never fails: anything is at least text. */
export function parseMessageQuery(text: string): MessageQuery {
  const conditions: FilterCondition[] = [];
  const words: { value: string; not: boolean }[] = [];
  const problems: QueryProblem[] = [];
  let count = 0;
  for (const token of tokensOf(text)) {
    const { at, source, key, values, not } = token;
    const problem = (message: string): number => problems.push({ source, at, message: `at ${at + 1}: ${message}` });
    count += 1;
    if (count > maxTokens) {
      problem(`expected at most ${maxTokens} words and conditions; this one and all behind it are left out`);
      break;
    }
    if (key === undefined) {
      const [value = ""] = values;
      if (value !== "") words.push({ value, not });
      continue;
    }
    const condition = conditionOf(key, values, not);
    if (typeof condition === "string") problem(condition);
    else conditions.push(condition);
  }
  return { filter: { conditions, text: words }, problems };
}

/** The condition that a key and its values mean, or what is wrong with them. */
function conditionOf(key: string, values: readonly string[], not: boolean): FilterCondition | string {
  const field = Object.hasOwn(queryKeys, key) ? queryKeys[key] : undefined;
  if (field === undefined) {
    return `expected one of ${Object.keys(queryKeys).join(", ")}, got ${shown(key)}; to search for the text, quote it`;
  }
  if (values.length === 0) return `${key}: expected a value behind the colon`;
  const known = choices[field];
  if (known === undefined) return { field, values, not };
  const wrong = values.find((value) => !Object.hasOwn(known, value.toLowerCase()));
  if (wrong !== undefined) return `${key}: expected ${Object.keys(known).join(", ")}, got ${shown(wrong)}`;
  return { field, values: values.map((value) => known[value.toLowerCase()] ?? value), not };
}

function shown(text: string): string {
  return JSON.stringify(text.length > maxShown ? `${text.slice(0, maxShown)}…` : text);
}

// A quoted text that is not closed goes to the end: whoever types has not come to it yet.
const quotedPattern = /"((?:[^"\\]|\\.)*)(?:"|\\?$)/suy;
const keyPattern = /([a-z_]+):(?!\/\/)/iuy;
const wordPattern = /\S+/uy;
const valuePattern = /[^\s,]+/uy;

function* tokensOf(text: string): Generator<Token, void, undefined> {
  const reader = new Reader(text);
  for (;;) {
    reader.take(/\s*/uy);
    const at = reader.position;
    if (at >= text.length) return;
    const not = reader.take(/-(?=\S)/uy) !== undefined;
    const key = reader.take(keyPattern)?.[1]?.toLowerCase();
    const values = key === undefined ? [reader.text(wordPattern) ?? ""] : reader.values();
    yield { at, source: text.slice(at, reader.position), not, key, values };
  }
}

/** Takes parts from the front of a text. */
class Reader {
  readonly #text: string;
  position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match !== undefined) this.position = pattern.lastIndex;
    return match;
  }

  /** What is quoted, or else what the pattern takes. */
  text(plain: RegExp): string | undefined {
    const quoted = this.take(quotedPattern);
    return quoted === undefined ? this.take(plain)?.[0] : (quoted[1] ?? "").replaceAll(/\\(.)/gsu, "$1");
  }

  /** Values with commas between them; those that are empty are none. */
  values(): string[] {
    const values: string[] = [];
    do {
      const value = this.text(valuePattern);
      if (value !== undefined && value !== "") values.push(value);
    } while (this.take(/,+/uy) !== undefined);
    // What sticks to a closing quote belongs to nothing else.
    const rest = this.take(wordPattern)?.[0];
    return rest === undefined ? values : [...values.slice(0, -1), `${values.at(-1) ?? ""}${rest}`];
  }
}
