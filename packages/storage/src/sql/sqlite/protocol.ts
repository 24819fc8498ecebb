// What the SQL driver asks of its threads.

import type { SqliteValue } from "../../sqlite/index.ts";

/** What the threads are started with. */
export interface WorkerData {
  readonly path: string;
  /** The writing thread, of which there is one; or one that only reads. */
  readonly role: "writer" | "reader";
  readonly lockTimeoutMs: number;
}

/** One SQL statement, or with "script" several without parameters. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly SqliteValue[];
  /** What comes back: rows, or how many were changed. */
  readonly gives: "rows" | "change" | "script";
  /** Only in units, with "change": how often it is run, each time with the next part of its parameters, and how many results it has. Default once. More often, it is answered with {@link RunResults}. */
  readonly runs?: number;
}

/** What a statement gave. */
export interface StatementResult {
  readonly rows: readonly Record<string, SqliteValue>[];
  readonly changes?: number | bigint;
  readonly lastInsertRowid?: number | bigint;
}

/** What the runs of a statement gave, run by run: as a few long lists, which travel several times as fast as a result for each. */
export interface RunResults {
  readonly changes: readonly (number | bigint)[];
  readonly lastInsertRowids: readonly (number | bigint)[];
}

/**
 * Requests to a thread.
 *
 * - `unit`: runs statements as one transaction, together with the units around it.
 * - `call`: the same with the statements that a loaded procedure makes of an input; its answer says nothing.
 * - `alone`: runs a statement that SQLite refuses inside of transactions.
 * - `read`: runs a statement that changes nothing.
 * - `begin`, `statement`, `commit`, `rollback`: a transaction step by step. From `begin` to its end nothing else comes to the writer.
 * - `open`, `next`, `end`: the rows of a long result, some at a time.
 */
export type Request =
  | { readonly kind: "unit"; readonly statements: readonly Statement[] }
  | { readonly kind: "call"; readonly procedure: string; readonly input: unknown }
  | { readonly kind: "alone" | "read" | "statement"; readonly statement: Statement }
  | { readonly kind: "begin" }
  | { readonly kind: "commit" }
  | { readonly kind: "rollback" }
  | { readonly kind: "open"; readonly stream: number; readonly statement: Statement }
  | { readonly kind: "next"; readonly stream: number; readonly count: number }
  | { readonly kind: "end"; readonly stream: number };
