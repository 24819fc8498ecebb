// What travels to an engine when a group of `KeyValue.atomic` ends: what it has read, and what it wants to write.

import { type Command, commands, keysOf } from "./commands.ts";
import type { KeyKind } from "./key-value.ts";

/** A read and what it answered, in the engine's own form. */
export interface GroupRead {
  readonly command: Command;
  readonly answer: unknown;
}

/** One atomic group. */
export interface Group {
  readonly reads: readonly GroupRead[];
  readonly writes: readonly Command[];
}

/** A key that must hold `kind`, or nothing, for a group's writes to succeed. */
export interface KindNeed {
  readonly key: string;
  readonly kind: KeyKind;
}

/**
 * What must hold before the writes are begun, so that none of them fails when others are done already.
 *
 * Keys that the group itself replaces or deletes first are left out.
 */
export function kindNeeds(writes: readonly Command[]): KindNeed[] {
  const needs: KindNeed[] = [];
  const settled = new Set<string>();
  for (const command of writes) {
    const [name] = command;
    const { kind } = commands[name];
    for (const key of keysOf(command)) {
      if (kind === undefined) {
        if (name === "set" || name === "delete") settled.add(key);
      } else if (!settled.has(key)) {
        settled.add(key);
        needs.push({ key, kind });
      }
    }
  }
  return needs;
}
