// What an engine is to the code above it: something that carries out commands, in the order they come.

import type { Command, CommandName, Fields } from "./commands.ts";
import type { Group } from "./group.ts";

/** One engine, opened. Keys are full keys, arguments are checked. Rules are those of the contract in key-value.ts. */
export interface Backend {
  /** Resolves with the answer in the engine's own form. */
  run(command: Command): Promise<unknown>;
  /** Turns an answer of `run` into the caller's form. */
  decode(name: CommandName, answer: unknown): unknown;
  /** Does a group's writes, all or none, if its reads still answer the same; resolves with whether they do. */
  commit(group: Group): Promise<boolean>;
  /** Every key matching the pattern. */
  scan(pattern: string): AsyncIterable<string>;
  /** Finishes what it was given and releases everything. Called once. */
  close(): Promise<void>;
}

/** Makes an object of a hash's fields; without prototype, so that a field may have any name. */
export function toRecord(fields: Fields): Record<string, string> {
  const record: Record<string, string> = Object.create(null);
  for (const [name, value] of fields) record[name] = value;
  return record;
}

/** `decode` for engines whose answers are the caller's, but for hashes. */
export function decodeFields(name: CommandName, answer: unknown): unknown {
  return name === "hgetall" ? toRecord(answer as Fields) : answer;
}
