// Writes what workers did: one row per message, as far as its steps come together, and what was learnt of each message. Nobody waits for it.

import { RecentMap } from "@switchboard/core";
import type { SqlDialect, SqlStatement } from "@switchboard/storage";
import type { BlockMarks } from "./block-marks.ts";
import { type PackedTrail, unpackTrail } from "./packed-trail.ts";
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

const maxStepsPerRow = 100;
const remembered = 10_000;

/** Gathers entries, and makes the statements that write them. */
export class TrailWriter {
  readonly #trail: RowStatement;
  readonly #facts: RowStatement;
  readonly #marks: BlockMarks;
  /** What answers answer, as far as remembered: events do not say. */
  readonly #questions = new RecentMap<string, string>(remembered);

  // Packed they cost nothing while they wait; as objects they would be moved about with each collection of garbage.
  readonly #taken: PackedTrail[] = [];

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

  /** Takes entries. */
  take(packed: PackedTrail): void {
    this.#taken.push(packed);
  }

  /** The statements that write all that was taken. */
  statements(): SqlStatement[] {
    const threads = new Map<string, TrailEntry[]>();
    for (const packed of this.#taken.splice(0)) {
      for (const entry of unpackTrail(packed)) {
        const id = this.#threadOf(entry);
        const thread = threads.get(id);
        if (thread === undefined) threads.set(id, [entry]);
        else thread.push(entry);
      }
    }
    const rows: Cell[][] = [];
    const facts: MessageFacts[] = [];
    for (const [id, entries] of threads) {
      rows.push(...trailRows(clean(id), entries));
      facts.push(...factsOf(entries));
    }
    return [...this.#trail.over(rows), ...this.#facts.over(facts.map(factRow)), ...this.#marks.learnt(facts)];
  }

  /** The message that everything began with, so that a message and its answer share a row. */
  #threadOf({ kind, message_id, in_reply_to }: TrailEntry): string {
    if (in_reply_to !== undefined && this.#questions.get(message_id) === undefined) {
      this.#questions.set(message_id, in_reply_to);
    }
    // Events and failures do not say what their message answers.
    const question = kind === "event" || kind === "failure" ? this.#questions.get(message_id) : in_reply_to;
    return question ?? message_id;
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
