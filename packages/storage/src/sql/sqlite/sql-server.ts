// What a thread of the SQLite driver does, the one that writes or one that reads.

import { StorageError } from "../../errors.ts";
import {
  type SqliteDatabase,
  type SqliteStatement,
  openSqlite,
  sqliteError,
  sqliteResult,
} from "../../sqlite/index.ts";
import { Failed } from "../../thread/protocol.ts";
import type { Server } from "../../thread/serve.ts";
import { procedureOf } from "../procedure.ts";
import type { Procedure, SqlStatement } from "../sql.ts";
import type { Request, RunResults, Statement, StatementResult, WorkerData } from "./protocol.ts";
import { toValue } from "./statement.ts";
import { Streams } from "./streams.ts";

const maxStatements = 500;
// After these SQLite may have rolled the transaction back by itself: NOMEM, INTERRUPT, IOERR, FULL, BUSY.
const fatalResults: ReadonlySet<number> = new Set([7, 9, 10, 13, 5]);

/** Statements that are one transaction. Of those that a procedure made nobody wants to know what they gave. */
type Unit =
  | { readonly statements: readonly Statement[]; readonly isMade: false }
  | { readonly statements: readonly SqlStatement[]; readonly isMade: true };

/** Carries out requests on one connection. */
export class SqlServer implements Server<Request> {
  readonly #path: string;
  readonly #database: SqliteDatabase;
  readonly #streams: Streams;
  readonly #statements = new Map<string, SqliteStatement>();
  #lastPrepared: { readonly sql: string; readonly statement: SqliteStatement } | undefined;
  readonly #role: WorkerData["role"];
  readonly #procedures = new Map<string, ReturnType<Procedure<unknown>>>();
  #isInTransaction = false;
  /** Set when the open transaction cannot go on, with the reason. */
  #aborted: StorageError | undefined;

  constructor({ path, role, lockTimeoutMs }: WorkerData) {
    this.#path = path;
    this.#role = role;
    this.#database = openSqlite(path, {
      readOnly: role === "reader",
      busyTimeoutMs: lockTimeoutMs,
      // The ends of its indexes, at the least, are written to again and again.
      ...(role === "writer" && { cacheKb: 16_000 }),
    });
    // A stream reads from the moment it began, and so would everything else on its connection. In a transaction that is wanted.
    this.#streams = new Streams(
      role === "writer" ? { database: this.#database } : { open: () => openSqlite(path, { readOnly: true }) },
    );
  }

  close(): void {
    this.#streams.close();
    this.#database.close();
  }

  load(url: string, module: object): void {
    this.#procedures.set(url, procedureOf(url, module)("sqlite"));
  }

  /** Answers in order; units that follow each other share a transaction. */
  answer(requests: readonly Request[]): unknown[] {
    const answers: unknown[] = [];
    let units: Unit[] = [];
    const flush = (): void => {
      if (units.length > 0) answers.push(...this.#runUnits(units));
      units = [];
    };
    for (const request of requests) {
      if (request.kind === "unit") units.push({ statements: request.statements, isMade: false });
      else if (request.kind === "call") {
        const made = this.#make(request);
        if (made instanceof Failed) {
          flush();
          answers.push(made);
        } else units.push({ statements: made, isMade: true });
      } else {
        flush();
        answers.push(this.#attempt(() => this.#carryOut(request)));
      }
    }
    flush();
    return answers;
  }

  #make({ procedure, input }: Extract<Request, { kind: "call" }>): readonly SqlStatement[] | Failed {
    try {
      const make = this.#procedures.get(procedure);
      if (make !== undefined) return make(input);
      return new Failed(new StorageError("STORAGE_FAILED", `${this.#path}: no procedure of ${procedure} was loaded`));
    } catch (error) {
      return new Failed(error);
    }
  }

  #carryOut(request: Exclude<Request, { kind: "unit" | "call" }>): unknown {
    if (request.kind === "open") {
      if (this.#role === "writer") this.#checkTransaction();
      return this.#streams.open(request.stream, request.statement);
    }
    if (request.kind === "next") return this.#streams.next(request.stream, request.count);
    if (request.kind === "end") return this.#streams.end(request.stream);
    if (request.kind === "begin") return this.#begin();
    if (request.kind === "commit") return this.#commit();
    if (request.kind === "rollback") return this.#rollBack();
    if (request.kind === "statement") return this.#runInTransaction(request.statement);
    return this.#run(request.statement);
  }

  #begin(): void {
    this.#database.exec("BEGIN IMMEDIATE");
    this.#isInTransaction = true;
  }

  /** A thread that was started again knows nothing of the transaction that its predecessor had open. */
  #checkTransaction(): void {
    if (this.#aborted !== undefined) throw this.#aborted;
    if (!this.#isInTransaction) {
      throw new StorageError("STORAGE_CONNECTION_LOST", `${this.#path}: the transaction was lost with its thread`);
    }
  }

  #runInTransaction(statement: Statement): StatementResult {
    this.#checkTransaction();
    try {
      return this.#run(statement);
    } catch (error) {
      if (isFatal(error)) this.#aborted = sqliteError(error, this.#path);
      throw error;
    }
  }

  #commit(): void {
    try {
      this.#checkTransaction();
      this.#database.exec("COMMIT");
      this.#isInTransaction = false;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #rollBack(): void {
    this.#aborted = undefined;
    this.#isInTransaction = false;
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // SQLite has done it by itself.
    }
  }

  /** All in one transaction; if that fails as a whole, each in its own, so that only those fail that fail alone. */
  #runUnits(units: readonly Unit[]): unknown[] {
    const [only] = units;
    if (units.length === 1 && only !== undefined) return [this.#attempt(() => this.#runUnit(only))];
    try {
      this.#database.exec("BEGIN IMMEDIATE");
    } catch (error) {
      // Nobody waits for a lock a second time.
      return units.map(() => new Failed(sqliteError(error, this.#path)));
    }
    try {
      const answers = units.map((unit) => this.#runInSavepoint(unit));
      this.#database.exec("COMMIT");
      return answers;
    } catch {
      this.#rollBack();
      return units.map((unit) => this.#attempt(() => this.#runUnit(unit)));
    }
  }

  #runInSavepoint(unit: Unit): unknown {
    this.#prepare("SAVEPOINT unit").run();
    try {
      const results = this.#runAll(unit);
      this.#prepare("RELEASE unit").run();
      return results;
    } catch (error) {
      if (isFatal(error)) throw error;
      this.#prepare("ROLLBACK TO unit").run();
      this.#prepare("RELEASE unit").run();
      return new Failed(sqliteError(error, this.#path));
    }
  }

  #runUnit(unit: Unit): (StatementResult | RunResults)[] | undefined {
    const [only] = unit.isMade ? [] : unit.statements;
    const isOne = unit.statements.length === 1 && (only?.runs ?? 1) === 1;
    if (isOne && only !== undefined && only.gives !== "script") return this.#runAll(unit);
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const results = this.#runAll(unit);
      this.#database.exec("COMMIT");
      return results;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #runAll({ statements, isMade }: Unit): (StatementResult | RunResults)[] | undefined {
    if (isMade) {
      for (const { sql, parameters } of statements) this.#prepare(sql).run(...parameters.map(toValue));
      return undefined;
    }
    return statements.map((statement) =>
      (statement.runs ?? 1) === 1 ? this.#run(statement) : this.#runRepeatedly(statement),
    );
  }

  #runRepeatedly({ sql, parameters, runs = 1 }: Statement): RunResults {
    const prepared = this.#prepare(sql);
    const width = parameters.length / runs;
    const results = { changes: [] as (number | bigint)[], lastInsertRowids: [] as (number | bigint)[] };
    for (let run = 0; run < runs; run++) {
      const { changes, lastInsertRowid } = prepared.run(...parameters.slice(run * width, (run + 1) * width));
      results.changes.push(changes);
      results.lastInsertRowids.push(lastInsertRowid);
    }
    return results;
  }

  #run({ sql, parameters, gives }: Statement): StatementResult {
    if (gives === "rows") return { rows: this.#prepare(sql).all(...parameters) };
    if (gives === "change") return { rows: [], ...this.#prepare(sql).run(...parameters) };
    const before = this.#totalChanges();
    this.#database.exec(sql);
    return { rows: [], changes: this.#totalChanges() - before };
  }

  #totalChanges(): number {
    return Number(this.#prepare("SELECT total_changes() AS n").get()?.["n"]);
  }

  #attempt(work: () => unknown): unknown {
    try {
      return work();
    } catch (error) {
      return new Failed(sqliteError(error, this.#path));
    }
  }

  /** A prepared statement; those not used for longest are dropped. */
  #prepare(sql: string): SqliteStatement {
    // Rows of a table come one after the other.
    if (this.#lastPrepared?.sql === sql) return this.#lastPrepared.statement;
    const known = this.#statements.get(sql);
    if (known !== undefined) this.#statements.delete(sql);
    const statement = known ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    this.#lastPrepared = { sql, statement };
    if (this.#statements.size > maxStatements) {
      for (const oldest of this.#statements.keys()) {
        this.#statements.delete(oldest);
        break;
      }
    }
    return statement;
  }
}

function isFatal(error: unknown): boolean {
  const result = sqliteResult(error);
  return result !== undefined && fatalResults.has(result & 0xff);
}
