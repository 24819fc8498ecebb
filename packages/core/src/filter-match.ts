// What an entry of a filtering table asks of a message: one question per field.

import { MessageError } from "./errors.ts";
import type { Message } from "./message.ts";

/** Matches whatever a field holds, also nothing. */
export const ANY: unique symbol = Symbol.for("switchboard.any");

/** A value that a field may equal. */
export type MatchValue = string | number | boolean | null;

/** Asks something of one field: equal to a value, one of a list, anything at all, or whatever a function says of it. */
export type Match = MatchValue | readonly MatchValue[] | typeof ANY | ((value: unknown) => boolean);

/**
 * Which messages an entry takes: those of which every named field matches. A field that the message has not does not match,
 * except {@link ANY}.
 */
export interface MessageMatch {
  readonly type?: Match;
  readonly id?: Match;
  readonly sourceId?: Match;
  readonly sourceProcessId?: Match;
  readonly destinationId?: Match;
  readonly groupId?: Match;
  readonly responseRequired?: Match;
  readonly blocking?: Match;
  readonly synchronous?: Match;
  /** Asks of the whole content, or of its fields: `{ "player.name": "Ann", "cards.0": 7 }`. */
  readonly content?: Match | Readonly<Record<string, Match>>;
}

/** One question, ready to be asked. */
export interface FieldTest {
  /** `type`, `content`, `content.player.name`: equal names ask about the same thing. */
  readonly field: string;
  readonly read: (message: Message) => unknown;
  /** The values that it takes, when it can be answered by comparing. */
  readonly values: readonly MatchValue[] | undefined;
  readonly accepts: (value: unknown) => boolean;
}

// One function per field, so that each reads one property of one shape.
const readers: Readonly<Record<Exclude<keyof MessageMatch, "content">, (message: Message) => unknown>> = {
  type: (message) => message.type,
  id: (message) => message.id,
  sourceId: (message) => message.sourceId,
  sourceProcessId: (message) => message.sourceProcessId,
  destinationId: (message) => message.destinationId,
  groupId: (message) => message.groupId,
  responseRequired: (message) => message.responseRequired,
  blocking: (message) => message.blocking,
  synchronous: (message) => message.synchronous,
};

/** @throws {MessageError} KERNEL_MESSAGE_INVALID for an unknown field or something that cannot match. */
export function compileMatch(match: MessageMatch): FieldTest[] {
  const tests: FieldTest[] = [];
  for (const [field, wanted] of Object.entries(match)) {
    if (wanted === undefined) continue;
    if (field === "content") tests.push(...compileContent(wanted));
    else if (Object.hasOwn(readers, field))
      tests.push(fieldTest(field, readers[field as keyof typeof readers], wanted));
    else throw new MessageError(`a message has no field ${JSON.stringify(field)} to match`, { details: { field } });
  }
  // ANY takes everything, so there is nothing to ask.
  return tests.filter(({ accepts }) => accepts !== acceptsAny);
}

function compileContent(wanted: unknown): FieldTest[] {
  const isMatch = typeof wanted !== "object" || wanted === null || Array.isArray(wanted);
  if (isMatch) return [fieldTest("content", (message) => message.content, wanted)];
  return Object.entries(wanted).map(([path, match]) => fieldTest(`content.${path}`, contentReader(path), match));
}

function fieldTest(field: string, read: (message: Message) => unknown, wanted: unknown): FieldTest {
  if (wanted === ANY) return { field, read, values: undefined, accepts: acceptsAny };
  if (typeof wanted === "function") {
    const predicate = wanted as (value: unknown) => boolean;
    return { field, read, values: undefined, accepts: (value) => value !== undefined && predicate(value) };
  }
  const values: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  if (!values.every(isMatchValue)) {
    throw new MessageError(
      `${field} can be matched with a string, number, boolean, null, a list of these, ANY or a function`,
      {
        details: { field },
      },
    );
  }
  if (values.length !== 1) return { field, read, values, accepts: (value) => values.includes(value as MatchValue) };
  const [only] = values;
  return { field, read, values, accepts: (value) => value === only };
}

const acceptsAny = (): boolean => true;

function isMatchValue(value: unknown): value is MatchValue {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

/** Reads a field of the content by its name or by a dotted path. Only own fields count, so that no path leads out of the data. */
function contentReader(path: string): (message: Message) => unknown {
  const steps = path.split(".");
  if (steps.length === 1) return ({ content }) => ownField(content, path);
  return ({ content }) => {
    const direct = ownField(content, path);
    return direct === undefined ? steps.reduce(ownField, content) : direct;
  };
}

function ownField(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
