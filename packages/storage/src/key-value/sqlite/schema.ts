// The tables of a key-value file, and how text goes into them.

import { StorageError } from "../../errors.ts";
import { type SqliteDatabase, openSqlite, sqliteError } from "../../sqlite/index.ts";

const schemaVersion = 1;

// One row per key; what containers hold is in the other two tables under the key's id. Strings hold their value themselves.
const schema = `
  CREATE TABLE keys (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    value      TEXT,
    size       INTEGER NOT NULL,
    expires_at INTEGER
  );
  CREATE INDEX keys_by_expiry ON keys (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE members (
    key_id INTEGER NOT NULL,
    member TEXT NOT NULL,
    value  TEXT,
    score  REAL,
    PRIMARY KEY (key_id, member)
  ) WITHOUT ROWID;
  CREATE INDEX members_by_score ON members (key_id, score, member) WHERE score IS NOT NULL;

  CREATE TABLE elements (
    key_id   INTEGER NOT NULL,
    position INTEGER NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (key_id, position)
  ) WITHOUT ROWID;
`;

/**
 * Opens a key-value file, making its tables when it is new.
 *
 * @throws {StorageError} STORAGE_SCHEMA_NEWER; what {@link openSqlite} throws.
 */
export function openKeyValueFile(path: string, lockTimeoutMs: number): SqliteDatabase {
  const database = openSqlite(path, { busyTimeoutMs: lockTimeoutMs });
  try {
    database.exec("BEGIN IMMEDIATE");
    const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (found > schemaVersion) {
      throw new StorageError(
        "STORAGE_SCHEMA_NEWER",
        `${path}: the file has version ${found} of the key-value schema, this program knows version ${schemaVersion}`,
        { details: { path, found, known: schemaVersion } },
      );
    }
    if (found === 0) database.exec(`${schema}; PRAGMA user_version = ${schemaVersion}`);
    database.exec("COMMIT");
    return database;
  } catch (error) {
    database.close();
    throw sqliteError(error, path);
  }
}

// SQLite's text ends at U+0000 in some versions of Node. Written this way it does not occur, and the order of texts stays the same.
/** Text as it is stored. */
export function toStored(text: string): string {
  if (!text.includes("\0") && !text.includes("\u0001")) return text;
  return text.replaceAll("\u0001", "\u0001\u0002").replaceAll("\0", "\u0001\u0001");
}

/** Stored text as it was given. */
export function fromStored(stored: string): string {
  if (!stored.includes("\u0001")) return stored;
  return stored.replaceAll("\u0001\u0001", "\0").replaceAll("\u0001\u0002", "\u0001");
}
