// Kysely's compiled queries as statements for the threads: which thread they go to, what they give, whether their parameters can be stored.

import type { Compilable, CompiledQuery, QueryResult } from "kysely";
import { StorageError } from "../../errors.ts";
import type { SqliteValue } from "../../sqlite/index.ts";
import type { SqlStatement } from "../sql.ts";
import type { RunResults, Statement, StatementResult } from "./protocol.ts";

/** Where a statement that is not part of a transaction goes. */
export type Route = "read" | "unit" | "alone";

/** Decides where a statement goes. @throws {StorageError} STORAGE_ARGUMENT_INVALID for one that begins or ends a transaction. */
export function routeOf({ query, sql }: CompiledQuery): Route {
  if (query.kind === "SelectQueryNode") return "read";
  if (query.kind !== "RawNode") return "unit";
  if (/^\s*select\b/i.test(sql)) return "read";
  if (/^\s*(?:begin|commit|end|rollback|savepoint|release)\b/i.test(sql)) {
    throw new StorageError(
      "STORAGE_ARGUMENT_INVALID",
      "expected db.transaction(), got a statement that begins or ends one",
    );
  }
  // SQLite refuses these inside of a transaction.
  return /^\s*(?:vacuum|pragma|attach|detach)\b/i.test(sql) ? "alone" : "unit";
}

/**
 * Turns a compiled query into a statement.
 *
 * @throws {StorageError} STORAGE_ARGUMENT_INVALID when a parameter cannot be stored.
 */
export function toStatement(query: CompiledQuery): Statement {
  const { sql, parameters } = query;
  return { sql, parameters: parameters.map(toValue), gives: givesOf(query) };
}

/**
 * Turns the statements of a batch into statements for the thread. Those with equal texts that follow each other, as rows of a table do, become
 * one: their text travels once, is prepared once and looked at once.
 *
 * @throws {StorageError} STORAGE_ARGUMENT_INVALID when a parameter cannot be stored.
 */
export function toStatements(batch: readonly (Compilable | SqlStatement)[]): Statement[] {
  const statements: Statement[] = [];
  let last: { sql: string; parameters: SqliteValue[]; gives: "change"; runs: number } | undefined;
  for (const item of batch) {
    const query = "compile" in item ? item.compile() : item;
    if (last !== undefined && last.sql === query.sql) {
      const { parameters } = query;
      for (let index = 0; index < parameters.length; index++) last.parameters.push(toValue(parameters[index], index));
      last.runs += 1;
      continue;
    }
    const statement = "query" in query ? toStatement(query) : toChange(query);
    last = undefined;
    if (statement.gives === "change") {
      const { sql, parameters } = statement;
      last = { sql, parameters: [...parameters], gives: "change", runs: 1 };
    }
    statements.push(last ?? statement);
  }
  return statements;
}

function toChange({ sql, parameters }: SqlStatement): Statement {
  return { sql, parameters: parameters.map(toValue), gives: "change" };
}

/** Turns what a thread answered into kysely's form. */
export function toResult<Row>({ rows, changes, lastInsertRowid }: StatementResult): QueryResult<Row> {
  return {
    rows: rows as Row[],
    ...(changes === undefined ? {} : { numAffectedRows: BigInt(changes) }),
    ...(lastInsertRowid === undefined ? {} : { insertId: BigInt(lastInsertRowid) }),
  };
}

/** Turns what a thread answered to the statements of {@link toStatements} into kysely's form, one for each of the batch. */
export function toResults(answers: readonly (StatementResult | RunResults)[]): QueryResult<unknown>[] {
  return answers.flatMap((answer) => {
    if ("rows" in answer) return [toResult(answer)];
    const { changes, lastInsertRowids } = answer;
    return changes.map((changed, run) =>
      toResult({ rows: [], changes: changed, lastInsertRowid: lastInsertRowids[run] ?? 0 }),
    );
  });
}

function givesOf({ query, sql, parameters }: CompiledQuery): Statement["gives"] {
  if (query.kind === "RawNode") {
    if (/^\s*(?:select|with|pragma|explain|values)\b/i.test(sql) || /\breturning\b/i.test(sql)) return "rows";
    return parameters.length === 0 ? "script" : "change";
  }
  if (query.kind === "SelectQueryNode" || "returning" in query) return "rows";
  return "change";
}

/** A parameter as the engine takes it. @throws {StorageError} STORAGE_ARGUMENT_INVALID when it cannot be stored. */
export function toValue(value: unknown, index: number): SqliteValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") {
    // SQLite would cut it there, PostgreSQL refuses it.
    if (!value.includes("\0")) return value;
    throw new StorageError("STORAGE_ARGUMENT_INVALID", `parameter ${index + 1}: expected text without U+0000`);
  }
  if (typeof value === "number" || typeof value === "bigint") return value;
  // A part of a larger buffer would take all of that along to the thread.
  if (value instanceof Uint8Array) return value.byteLength === value.buffer.byteLength ? value : value.slice();
  const got = typeof value === "object" ? value.constructor.name : typeof value;
  throw new StorageError(
    "STORAGE_ARGUMENT_INVALID",
    `parameter ${index + 1}: expected text, a number, bytes or null, got ${got}`,
  );
}
