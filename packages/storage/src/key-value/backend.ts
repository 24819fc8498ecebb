// What an engine is to the code above it: something that carries out commands, in the order they come.

import type { Command, CommandName, Fields } from "./commands.ts";
import type { Group } from "./group.ts";

/** One engine, opened. Keys are full keys, arguments are checked. Rules are those of the contract in key-value.ts. */
export interface Backend {
  /** Resolves with the answer in the engine's own form. */
  run(command: Command): Promise<unknown>;
  /** What turns a command's answer into the caller's form; undefined where it has that form. */
  decoder(name: CommandName): ((answer: unknown) => unknown) | undefined;
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

/** The decoder of engines whose answers have the caller's form, but for hashes. */
export function fieldsDecoder(name: CommandName): ((answer: unknown) => unknown) | undefined {
  return name === "hgetall" ? (answer) => toRecord(answer as Fields) : undefined;
}
