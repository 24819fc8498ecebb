// Writes what workers did: one row per message and group of entries, and what was learnt of each message. Nobody waits for it.

import type { SqlDialect } from "@switchboard/storage";
import type { Compilable } from "kysely";
import { asciiJson } from "./ascii-json.ts";
import { type Cell, clean } from "./rows.ts";
import { RowStatement } from "./statements.ts";
import { factsOf, type TrailEntry } from "./trail.ts";

const factColumns = [
  "direction",
  "message_id",
  "ts_us",
  "application",
  "router",
  "rule",
  "error",
  "fate",
  "handled_us",
] as const;

/** Makes the statements that keep a group of entries. */
export class TrailWriter {
  readonly #trail: RowStatement;
  readonly #facts: RowStatement;

  constructor(dialect: SqlDialect) {
    this.#trail = new RowStatement(
      dialect,
      (rows) => `INSERT INTO message_trail (message_id, at_us, entries) VALUES ${rows}`,
    );
    const set = factColumns
      .slice(3)
      .map((column) => `${column} = coalesce(excluded.${column}, message_facts.${column})`);
    this.#facts = new RowStatement(
      dialect,
      (rows) =>
        `INSERT INTO message_facts (${factColumns.join(", ")}) VALUES ${rows} ON CONFLICT (direction, message_id) DO UPDATE SET ${set.join(", ")}`,
    );
  }

  statements(entries: readonly TrailEntry[]): Compilable[] {
    const byMessage = grouped(entries);
    const rows = [...byMessage].map(([id, own]): Cell[] => [clean(id), (own[0]?.at ?? 0) * 1_000, asciiJson(own)]);
    const facts = factsOf(entries).map((fact): Cell[] => factColumns.map((column) => cellOf(fact[column])));
    return [...this.#trail.over(rows), ...this.#facts.over(facts)];
  }
}

function grouped(entries: readonly TrailEntry[]): Map<string, TrailEntry[]> {
  const groups = new Map<string, TrailEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.message_id);
    if (group === undefined) groups.set(entry.message_id, [entry]);
    else group.push(entry);
  }
  return groups;
}

function cellOf(value: Cell): Cell {
  return typeof value === "string" ? clean(value) : value;
}
