// Writes what workers did: one row per message and group of entries, and what was learnt of each message. Nobody waits for it.

import { RecentMap } from "@switchboard/core";
import type { SqlDialect } from "@switchboard/storage";
import type { Compilable } from "kysely";
import type { BlockMarks } from "./block-marks.ts";
import { type Cell, clean, cleanOrNull } from "./rows.ts";
import { RowStatement } from "./statements.ts";
import { encodeTrail } from "./trail-encoding.ts";
import { factsOf, type MessageFacts, type TrailEntry } from "./trail.ts";

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

// Few, so that a message that is to be stored meanwhile does not wait long; SQLite commits them together with it.
const rowsPerGroup = 64;
const maxStepsPerRow = 100;
const remembered = 10_000;

/** Makes the statements that keep a group of entries. */
export class TrailWriter {
  readonly #trail: RowStatement;
  readonly #facts: RowStatement;
  readonly #marks: BlockMarks;
  /** What answers answer, as far as remembered: events do not say. */
  readonly #questions = new RecentMap<string, string>(remembered);

  constructor(dialect: SqlDialect, marks: BlockMarks) {
    this.#marks = marks;
    this.#trail = new RowStatement(
      dialect,
      (rows) => `INSERT INTO message_trail (message_id, at_us, entries) VALUES ${rows}`,
      true,
    );
    const set = factColumns
      .slice(3)
      .map((column) => `${column} = coalesce(excluded.${column}, message_facts.${column})`);
    this.#facts = new RowStatement(
      dialect,
      (rows) =>
        `INSERT INTO message_facts (${factColumns.join(", ")}) VALUES ${rows} ON CONFLICT (direction, message_id) DO UPDATE SET ${set.join(", ")}`,
      true,
    );
  }

  /** The statements that keep these entries, some rows in each, to be run one after the other: so that others can write in between. */
  *groups(entries: readonly TrailEntry[]): Generator<Compilable[], void, undefined> {
    const threads = [...this.#threads(entries)];
    for (let start = 0; start < threads.length; start += rowsPerGroup) {
      const group = threads.slice(start, start + rowsPerGroup);
      const rows = group.flatMap(([id, own]) => trailRows(clean(id), own));
      const facts = group.flatMap(([, own]) => factsOf(own));
      yield [...this.#trail.over(rows), ...this.#facts.over(facts.map(factRow)), ...this.#marks.learnt(facts)];
    }
  }

  /** Entries by the message that everything began with, so that a message and its answer share a row. */
  #threads(entries: readonly TrailEntry[]): Map<string, TrailEntry[]> {
    const threads = new Map<string, TrailEntry[]>();
    for (const entry of entries) {
      const { kind, message_id, in_reply_to } = entry;
      if (in_reply_to !== undefined && this.#questions.get(message_id) === undefined) {
        this.#questions.set(message_id, in_reply_to);
      }
      // Events and failures do not say what their message answers.
      const question = kind === "event" || kind === "failure" ? this.#questions.get(message_id) : in_reply_to;
      const key = question ?? message_id;
      const thread = threads.get(key);
      if (thread === undefined) threads.set(key, [entry]);
      else thread.push(entry);
    }
    return threads;
  }
}

// Of a message with a thousand answers each step would be looked for among a thousand texts.
function trailRows(id: string, entries: readonly TrailEntry[]): Cell[][] {
  const rows: Cell[][] = [];
  for (let start = 0; start < entries.length; start += maxStepsPerRow) {
    const some = entries.length <= maxStepsPerRow ? entries : entries.slice(start, start + maxStepsPerRow);
    rows.push([id, (some[0]?.at ?? 0) * 1_000, encodeTrail(some)]);
  }
  return rows;
}

function factRow({
  direction,
  message_id,
  ts_us,
  application,
  router,
  rule,
  error,
  fate,
  handled_us,
}: MessageFacts): Cell[] {
  const id = clean(message_id);
  return [
    direction,
    id,
    ts_us,
    cleanOrNull(application),
    cleanOrNull(router),
    rule,
    cleanOrNull(error),
    fate,
    handled_us,
  ];
}
