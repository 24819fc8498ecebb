// Runs migrations, and keeps a table of those that were run.

import { type Kysely, type Transaction, sql } from "kysely";
import { StorageError, type StorageErrorCode } from "../errors.ts";
import type { Migration, SqlDialect } from "./sql.ts";

type Tables = {
  switchboard_migrations: { namespace: string; position: number; name: string; applied_us: number };
};

/** What is migrated. */
export interface MigrationTarget {
  readonly db: Kysely<unknown>;
  readonly dialect: SqlDialect;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

// Two processes that start at once must not run the same migration; any number will do as long as all use the same.
const advisoryLock = 4_711_815;
// SQLite waits for a lock for five seconds at a time.
const maxLockedAttempts = 24;

/** See `Sql.migrate`. */
export async function migrate(
  target: MigrationTarget,
  namespace: string,
  migrations: readonly Migration[],
): Promise<void> {
  const names = migrations.map(({ name }) => name);
  if (new Set(names).size !== names.length) {
    throw new StorageError("STORAGE_ARGUMENT_INVALID", `namespace ${namespace}: expected each migration's name once`);
  }
  for (let attempt = 1; ;) {
    try {
      if (await runNext(target, namespace, migrations)) return;
      attempt = 1;
    } catch (error) {
      const isLocked = error instanceof StorageError && error.code === "STORAGE_LOCKED";
      if (!isLocked || ++attempt > maxLockedAttempts) throw error;
    }
  }
}

/** Runs one migration in one transaction. Returns true when there was none left. */
function runNext(
  { db, dialect, now }: MigrationTarget,
  namespace: string,
  migrations: readonly Migration[],
): Promise<boolean> {
  return db
    .withTables<Tables>()
    .transaction()
    .execute(async (transaction) => {
      // With SQLite the transaction itself is the lock.
      if (dialect === "postgresql") await sql`SELECT pg_advisory_xact_lock(${advisoryLock})`.execute(transaction);
      await transaction.schema
        .createTable("switchboard_migrations")
        .ifNotExists()
        .addColumn("namespace", "text", (column) => column.notNull())
        .addColumn("position", "integer", (column) => column.notNull())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("applied_us", "bigint", (column) => column.notNull())
        .addPrimaryKeyConstraint("switchboard_migrations_key", ["namespace", "position"])
        .execute();
      const applied = await transaction
        .selectFrom("switchboard_migrations")
        .select("name")
        .where("namespace", "=", namespace)
        .orderBy("position")
        .execute();
      const next = nextOf(
        namespace,
        applied.map(({ name }) => name),
        migrations,
      );
      if (next === undefined) return true;
      await run(transaction as unknown as Transaction<unknown>, dialect, { namespace, migration: next });
      await transaction
        .insertInto("switchboard_migrations")
        .values({ namespace, position: applied.length, name: next.name, applied_us: now() * 1_000 })
        .execute();
      return false;
    });
}

function nextOf(
  namespace: string,
  applied: readonly string[],
  migrations: readonly Migration[],
): Migration | undefined {
  const known = migrations.map(({ name }) => name);
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new StorageError(
      "STORAGE_SCHEMA_NEWER",
      `namespace ${namespace}: the database has the migrations ${unknown.join(", ")}, which this program does not know; ` +
        `the last one it knows is ${known.at(-1) ?? "none"}`,
      { details: { namespace, unknown, lastKnown: known.at(-1) } },
    );
  }
  const misplaced = applied.findIndex((name, index) => known[index] !== name);
  if (misplaced >= 0) {
    throw new StorageError(
      "STORAGE_SCHEMA_NEWER",
      `namespace ${namespace}: expected migration ${known[misplaced]} at place ${misplaced + 1}, the database has run ${applied[misplaced]} there`,
      { details: { namespace, expected: known[misplaced], found: applied[misplaced] } },
    );
  }
  return migrations[applied.length];
}

async function run(
  transaction: Transaction<unknown>,
  dialect: SqlDialect,
  { namespace, migration: { name, up } }: { readonly namespace: string; readonly migration: Migration },
): Promise<void> {
  try {
    if (typeof up === "function") await up(transaction, dialect);
    else for (const statement of up) await sql.raw(statement).execute(transaction);
  } catch (error) {
    const code: StorageErrorCode = error instanceof StorageError ? error.code : "STORAGE_FAILED";
    const reason = error instanceof Error ? error.message : String(error);
    throw new StorageError(code, `migration ${name} of ${namespace} failed: ${reason}`, { cause: error });
  }
}
