// Results that are read some rows at a time, in an SQL thread.

import { StorageError } from "../../errors.ts";
import type { SqliteDatabase, SqliteStatement, SqliteValue } from "../../sqlite/index.ts";
import type { Statement } from "./protocol.ts";

/** Which connection streams run on: the one given, or one of their own each. */
export type StreamConnection = { readonly database: SqliteDatabase } | { readonly open: () => SqliteDatabase };

type Row = Record<string, SqliteValue>;

interface Stream {
  /** Kept because the package for Node 20 frees a statement that is collected under its iterator's feet, which ends the process. */
  readonly statement: SqliteStatement;
  readonly rows: Iterator<Row>;
  /** The stream's own connection. */
  readonly connection: SqliteDatabase | undefined;
}

const maxStreams = 100;

/** Streams by number. */
export class Streams {
  readonly #connection: StreamConnection;
  readonly #streams = new Map<number, Stream>();
  /** Connections that no stream uses now. */
  readonly #idle: SqliteDatabase[] = [];

  constructor(connection: StreamConnection) {
    this.#connection = connection;
  }

  /** Begins a stream. @throws {StorageError} STORAGE_OVERLOADED. */
  open(stream: number, { sql, parameters }: Statement): void {
    if (this.#streams.size >= maxStreams) {
      throw new StorageError("STORAGE_OVERLOADED", `expected at most ${maxStreams} streamed results at a time`);
    }
    if ("database" in this.#connection) {
      const statement = this.#connection.database.prepare(sql);
      this.#streams.set(stream, { statement, rows: statement.iterate(...parameters), connection: undefined });
      return;
    }
    const connection = this.#idle.pop() ?? this.#connection.open();
    try {
      const statement = connection.prepare(sql);
      this.#streams.set(stream, { statement, rows: statement.iterate(...parameters), connection });
    } catch (error) {
      this.#idle.push(connection);
      throw error;
    }
  }

  /** The next rows, fewer than `count` only at the end. */
  next(stream: number, count: number): Row[] {
    const rows: Row[] = [];
    while (rows.length < count) {
      const next = this.#streams.get(stream)?.rows.next();
      if (next === undefined || next.done === true) break;
      rows.push(next.value);
    }
    return rows;
  }

  /** Ends a stream before or at its end. */
  end(stream: number): void {
    const { rows, connection } = this.#streams.get(stream) ?? {};
    this.#streams.delete(stream);
    rows?.return?.();
    if (connection !== undefined) this.#idle.push(connection);
  }

  close(): void {
    for (const stream of this.#streams.keys()) this.end(stream);
    for (const connection of this.#idle.splice(0)) connection.close();
  }
}
