// The store of the SQLite engine: keys, members and elements in three tables. Runs in the engine's thread, inside its transactions.

import type { SqliteDatabase, SqliteStatement, SqliteValue } from "../../sqlite/index.ts";
import type { Entry, EntryStore, ListEnd, Slice } from "../engine/entry-store.ts";
import { compileGlob } from "../glob.ts";
import type { KeyKind, ScoredMember } from "../key-value.ts";
import { fromStored, toStored } from "./schema.ts";

interface SqliteEntry extends Entry {
  readonly id: number;
  key: string;
  /** Text of a string, as stored. */
  readonly value: string;
  size: number;
  /** What the row says. */
  savedSize: number;
  expiresAt: number | undefined;
}

/** One page of a scan. */
export interface ScanPage {
  readonly keys: readonly string[];
  /** Where the next page begins, undefined on the last one. */
  readonly next: string | undefined;
}

type Row = Record<string, SqliteValue>;

const scanPageSize = 1_000;

/** Keeps everything in a database file. */
export class SqliteStore implements EntryStore<SqliteEntry> {
  readonly #database: SqliteDatabase;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  find(key: string): SqliteEntry | undefined {
    const row = this.#sql("SELECT id, kind, value, size, expires_at FROM keys WHERE key = ?").get(toStored(key));
    return row === undefined ? undefined : toEntry(key, row);
  }

  create(key: string, kind: KeyKind): SqliteEntry {
    const { lastInsertRowid } = this.#sql("INSERT INTO keys (key, kind, size) VALUES (?, ?, 0)").run(
      toStored(key),
      kind,
    );
    return { id: Number(lastInsertRowid), key, kind, value: "", size: 0, savedSize: 0, expiresAt: undefined };
  }

  remove({ id, kind }: SqliteEntry): void {
    if (kind === "list") this.#sql("DELETE FROM elements WHERE key_id = ?").run(id);
    else if (kind !== "string") this.#sql("DELETE FROM members WHERE key_id = ?").run(id);
    this.#sql("DELETE FROM keys WHERE id = ?").run(id);
  }

  rename(entry: SqliteEntry, key: string): void {
    this.#sql("UPDATE keys SET key = ? WHERE id = ?").run(toStored(key), entry.id);
    entry.key = key;
  }

  setExpiry(entry: SqliteEntry, expiresAt: number | undefined): void {
    this.#sql("UPDATE keys SET expires_at = ? WHERE id = ?").run(expiresAt ?? null, entry.id);
    entry.expiresAt = expiresAt;
  }

  save(entry: SqliteEntry): void {
    if (entry.size === entry.savedSize) return;
    this.#sql("UPDATE keys SET size = ? WHERE id = ?").run(entry.size, entry.id);
    entry.savedSize = entry.size;
  }

  expired(now: number, limit: number): SqliteEntry[] {
    return this.#sql(
      "SELECT id, key, kind, value, size, expires_at FROM keys WHERE expires_at <= ? ORDER BY expires_at LIMIT ?",
    )
      .all(now, limit)
      .map((row) => toEntry(textOf(row["key"]), row));
  }

  nextExpiry(): number | undefined {
    const next = this.#sql("SELECT min(expires_at) AS next FROM keys WHERE expires_at IS NOT NULL").get()?.["next"];
    return typeof next === "number" ? next : undefined;
  }

  /** Up to 1,000 keys that match and have not expired, in order, from `after` on. */
  scan(pattern: string, after: string | undefined, now: number): ScanPage {
    const { literalPrefix, matches } = compileGlob(pattern);
    const prefix = toStored(literalPrefix);
    const rows = this.#sql("SELECT key, expires_at FROM keys WHERE key >= ? AND key > ? ORDER BY key LIMIT ?").all(
      prefix,
      after === undefined ? "" : toStored(after),
      scanPageSize,
    );
    const keys: string[] = [];
    for (const { key, expires_at: expiresAt } of rows) {
      if (typeof key !== "string" || !key.startsWith(prefix)) return { keys, next: undefined };
      if (typeof expiresAt === "number" && expiresAt <= now) continue;
      if (matches(fromStored(key))) keys.push(fromStored(key));
    }
    const last = rows.at(-1)?.["key"];
    return { keys, next: rows.length === scanPageSize && typeof last === "string" ? fromStored(last) : undefined };
  }

  text(entry: SqliteEntry): string {
    return fromStored(entry.value);
  }

  putText(entry: SqliteEntry | undefined, key: string, content: { text: string; expiresAt: number | undefined }): void {
    const value = toStored(content.text);
    const expiresAt = content.expiresAt ?? null;
    if (entry === undefined) {
      const insert = "INSERT INTO keys (key, kind, value, size, expires_at) VALUES (?, 'string', ?, 1, ?)";
      this.#sql(insert).run(toStored(key), value, expiresAt);
    } else this.#sql("UPDATE keys SET value = ?, expires_at = ? WHERE id = ?").run(value, expiresAt, entry.id);
  }

  field(entry: SqliteEntry, name: string): string | undefined {
    const row = this.#sql("SELECT value FROM members WHERE key_id = ? AND member = ?").get(entry.id, toStored(name));
    return row === undefined ? undefined : textOf(row["value"]);
  }

  setField(entry: SqliteEntry, name: string, value: string): boolean {
    const member = toStored(name);
    const stored = toStored(value);
    const insert = "INSERT OR IGNORE INTO members (key_id, member, value) VALUES (?, ?, ?)";
    const isNew = this.#sql(insert).run(entry.id, member, stored).changes === 1;
    if (isNew) entry.size++;
    else if (entry.kind === "hash") {
      this.#sql("UPDATE members SET value = ? WHERE key_id = ? AND member = ?").run(stored, entry.id, member);
    }
    return isNew;
  }

  deleteField(entry: SqliteEntry, name: string): boolean {
    const isDeleted =
      this.#sql("DELETE FROM members WHERE key_id = ? AND member = ?").run(entry.id, toStored(name)).changes === 1;
    if (isDeleted) entry.size--;
    return isDeleted;
  }

  fields(entry: SqliteEntry): [name: string, value: string][] {
    return this.#sql("SELECT member, value FROM members WHERE key_id = ?")
      .all(entry.id)
      .map(({ member, value }) => [textOf(member), textOf(value)]);
  }

  anyField(entry: SqliteEntry): string | undefined {
    const row = this.#sql("SELECT member FROM members WHERE key_id = ? LIMIT 1").get(entry.id);
    return row === undefined ? undefined : textOf(row["member"]);
  }

  score(entry: SqliteEntry, member: string): number | undefined {
    const row = this.#sql("SELECT score FROM members WHERE key_id = ? AND member = ?").get(entry.id, toStored(member));
    return row === undefined ? undefined : Number(row["score"]);
  }

  setScore(entry: SqliteEntry, member: string, score: number): boolean {
    const stored = toStored(member);
    const insert = "INSERT OR IGNORE INTO members (key_id, member, score) VALUES (?, ?, ?)";
    const isNew = this.#sql(insert).run(entry.id, stored, score).changes === 1;
    if (isNew) entry.size++;
    else this.#sql("UPDATE members SET score = ? WHERE key_id = ? AND member = ?").run(score, entry.id, stored);
    return isNew;
  }

  deleteMember(entry: SqliteEntry, member: string): boolean {
    return this.deleteField(entry, member);
  }

  membersByRank(entry: SqliteEntry, { offset, limit }: Slice, reverse: boolean): ScoredMember[] {
    const order = reverse ? "score DESC, member DESC" : "score, member";
    return this.#sql(
      `SELECT member, score FROM members WHERE key_id = ? AND score IS NOT NULL ORDER BY ${order} LIMIT ? OFFSET ?`,
    )
      .all(entry.id, limit, offset)
      .map(toScoredMember);
  }

  membersByScore(entry: SqliteEntry, { min, max }: { min: number; max: number }, slice: Slice): ScoredMember[] {
    return this.#sql(
      "SELECT member, score FROM members WHERE key_id = ? AND score >= ? AND score <= ? ORDER BY score, member LIMIT ? OFFSET ?",
    )
      .all(entry.id, min, max, slice.limit, slice.offset)
      .map(toScoredMember);
  }

  countByScore(entry: SqliteEntry, min: number, max: number): number {
    const count = "SELECT count(*) AS n FROM members WHERE key_id = ? AND score >= ? AND score <= ?";
    return Number(this.#sql(count).get(entry.id, min, max)?.["n"]);
  }

  push(entry: SqliteEntry, end: ListEnd, value: string): void {
    const position = end === "head" ? "coalesce(min(position), 0) - 1" : "coalesce(max(position), 0) + 1";
    const insert = `INSERT INTO elements (key_id, position, value) SELECT ?1, ${position}, ?2 FROM elements WHERE key_id = ?1`;
    this.#sql(insert).run(entry.id, toStored(value));
    entry.size++;
  }

  pop(entry: SqliteEntry, end: ListEnd): string | undefined {
    const position = end === "head" ? "min(position)" : "max(position)";
    const row = this.#sql(
      `DELETE FROM elements WHERE key_id = ?1 AND position = (SELECT ${position} FROM elements WHERE key_id = ?1) RETURNING value`,
    ).get(entry.id);
    if (row === undefined) return undefined;
    entry.size--;
    return textOf(row["value"]);
  }

  elements(entry: SqliteEntry, { offset, limit }: Slice): string[] {
    const select = (order: "ASC" | "DESC", skipped: number): string[] =>
      this.#sql(`SELECT value FROM elements WHERE key_id = ? ORDER BY position ${order} LIMIT ? OFFSET ?`)
        .all(entry.id, limit, skipped)
        .map(({ value }) => textOf(value));
    // What is passed over has to be walked, so come from the nearer end.
    const behind = Math.max(entry.size - offset - limit, 0);
    if (offset <= behind) return select("ASC", offset);
    return select("DESC", behind).toReversed();
  }

  trim(entry: SqliteEntry, { offset, limit }: Slice): void {
    const { changes } = this.#sql(
      `DELETE FROM elements WHERE key_id = ?1 AND position NOT IN
         (SELECT position FROM elements WHERE key_id = ?1 ORDER BY position LIMIT ?2 OFFSET ?3)`,
    ).run(entry.id, limit, offset);
    entry.size -= Number(changes);
  }

  removeElements(entry: SqliteEntry, value: string, { from, limit }: { from: ListEnd; limit: number }): number {
    const order = from === "head" ? "ASC" : "DESC";
    const { changes } = this.#sql(
      `DELETE FROM elements WHERE key_id = ?1 AND position IN
         (SELECT position FROM elements WHERE key_id = ?1 AND value = ?2 ORDER BY position ${order} LIMIT ?3)`,
    ).run(entry.id, toStored(value), limit);
    entry.size -= Number(changes);
    return Number(changes);
  }

  /** A prepared statement; there are as many as this file has texts. */
  #sql(text: string): SqliteStatement {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}

function toEntry(key: string, row: Row): SqliteEntry {
  const size = Number(row["size"]);
  const expiresAt = row["expires_at"];
  return {
    id: Number(row["id"]),
    key,
    kind: row["kind"] as KeyKind,
    value: typeof row["value"] === "string" ? row["value"] : "",
    size,
    savedSize: size,
    expiresAt: typeof expiresAt === "number" ? expiresAt : undefined,
  };
}

function toScoredMember({ member, score }: Row): ScoredMember {
  return { member: textOf(member), score: Number(score) };
}

function textOf(value: SqliteValue | undefined): string {
  return typeof value === "string" ? fromStored(value) : "";
}
