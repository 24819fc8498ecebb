// Storage's main door.

export { StorageError, type StorageErrorCode, storageErrors } from "./errors.ts";

// Text under names, with expiry, counters and containers.
export type {
  AtomicGroup,
  AtomicReads,
  AtomicWrites,
  KeyKind,
  KeyValue,
  KeyValueReads,
  KeyValueStore,
  KeyValueWrites,
  PageOptions,
  RankOptions,
  ScoredMember,
  SetOptions,
} from "./key-value/key-value.ts";
export type { KeyNaming } from "./key-value/client.ts";
export {
  type KeyValueCommonOptions,
  type KeyValueOptions,
  type MemoryKeyValueOptions,
  type RedisKeyValueOptions,
  type SqliteKeyValueOptions,
  openKeyValue,
} from "./key-value/open.ts";

// SQL on SQLite and PostgreSQL.
export type { Migration, Procedure, Sql, SqlDialect, SqlStatement } from "./sql/sql.ts";
export {
  type PostgresqlSqlOptions,
  type SqlCommonOptions,
  type SqlOptions,
  type SqliteSqlOptions,
  openSql,
} from "./sql/open.ts";
