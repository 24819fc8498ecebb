// What the SQL handle promises, run on both engines with the same code.

import type { Sql } from "@switchboard/storage";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { codeOf } from "../code-of.ts";
import { migrationCases } from "./migration-cases.ts";
import { procedureCases } from "./procedure-cases.ts";

type Tables = {
  people: { id: string; name: string | null; age: number; score?: number | null; note?: Uint8Array | null };
  pets: { id: string; owner: string };
};

/** Declares the suite. `openAnother` opens the same database once more, as another process would. */
export function sqlSuite(engine: string, openAnother: () => Promise<Sql>): void {
  describe(`SQL on ${engine}`, () => {
    let handle: Sql | undefined;
    const database = (): Sql => {
      if (handle === undefined) throw new Error("a case runs outside of its suite");
      return handle;
    };
    const people = (): Kysely<Tables> => database().db.withTables<Tables>();

    beforeAll(async () => {
      handle = await openAnother();
      await handle.migrate("suite", [
        {
          name: "0001-tables",
          up: [
            `CREATE TABLE people (id TEXT PRIMARY KEY, name TEXT, age BIGINT NOT NULL CHECK (age >= 0), score DOUBLE PRECISION,
               note ${handle.dialect === "sqlite" ? "BLOB" : "BYTEA"})`,
            "CREATE TABLE pets (id TEXT PRIMARY KEY, owner TEXT NOT NULL REFERENCES people (id))",
          ],
        },
      ]);
    });
    beforeEach(async () => {
      await people().deleteFrom("pets").execute();
      await people().deleteFrom("people").execute();
    });
    afterAll(async () => {
      await handle?.close();
    });

    describe("statements", () => {
      statementCases(people);
    });
    describe("transactions", () => {
      transactionCases(people, database);
    });
    describe("migrations", () => {
      migrationCases(database, openAnother);
    });
    describe("calls procedures", () => {
      procedureCases(database);
    });
    describe("closing", () => {
      closingCases(openAnother);
    });
  });
}

function statementCases(people: () => Kysely<Tables>): void {
  it("store and return text, numbers, bytes and null", async () => {
    const rows = [
      { id: "1", name: "Zoë 🙂 'quoted'", age: 9_007_199_254_740_991, score: 0.1, note: new Uint8Array([0, 1, 255]) },
      { id: "2", name: null, age: 0, score: null, note: null },
    ];
    const inserted = await people().insertInto("people").values(rows).executeTakeFirst();
    expect(inserted.numInsertedOrUpdatedRows).toBe(2n);
    const found = await people().selectFrom("people").selectAll().orderBy("id").execute();
    expect(found.map(({ note }) => note && [...note])).toEqual([[0, 1, 255], null]);
    const withoutNotes = found.map(({ id, name, age, score }) => ({ id, name, age, score }));
    expect(withoutNotes).toEqual(rows.map(({ id, name, age, score }) => ({ id, name, age, score })));
  });

  it("give counts and sums as numbers", async () => {
    await people()
      .insertInto("people")
      .values([1, 2, 3].map((age) => ({ id: `${age}`, name: "n", age })))
      .execute();
    const { rows } = await sql`SELECT count(*) AS n, sum(age) AS total, max(age) AS oldest FROM people`.execute(
      people(),
    );
    expect(rows).toEqual([{ n: 3, total: 6, oldest: 3 }]);
  });

  it("return what was written, and how many rows changed", async () => {
    await people()
      .insertInto("people")
      .values([
        { id: "1", name: "a", age: 1 },
        { id: "2", name: "b", age: 2 },
      ])
      .execute();
    const returned = await people().updateTable("people").set({ age: 9 }).returning(["id", "age"]).execute();
    expect(returned.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual([
      { id: "1", age: 9 },
      { id: "2", age: 9 },
    ]);
    const updated = await people().updateTable("people").set({ age: 1 }).where("id", "=", "1").executeTakeFirst();
    expect(updated.numUpdatedRows).toBe(1n);
    const raw = await sql`UPDATE people SET age = ${7}`.execute(people());
    expect(raw.numAffectedRows).toBe(2n);
    const deleted = await people().deleteFrom("people").where("age", "=", 7).executeTakeFirst();
    expect(deleted.numDeletedRows).toBe(2n);
  });

  it("insert or update on conflict", async () => {
    const upsert = (name: string): Promise<unknown> =>
      people()
        .insertInto("people")
        .values({ id: "1", name, age: 1 })
        .onConflict((conflict) =>
          conflict.column("id").doUpdateSet((row) => ({ name: row.ref("excluded.name"), age: 5 })),
        )
        .execute();
    await upsert("first");
    await upsert("second");
    expect(await people().selectFrom("people").select(["name", "age"]).execute()).toEqual([{ name: "second", age: 5 }]);
  });

  it.each([
    ["unique", (db: Kysely<Tables>) => db.insertInto("people").values({ id: "1", name: "twice", age: 1 })],
    ["foreign key", (db: Kysely<Tables>) => db.insertInto("pets").values({ id: "1", owner: "nobody" })],
    [
      "not null",
      (db: Kysely<Tables>) => db.insertInto("people").values({ id: "2", name: "a", age: sql<number>`NULL` }),
    ],
    ["check", (db: Kysely<Tables>) => db.insertInto("people").values({ id: "2", name: "a", age: -1 })],
  ])("reject a row that breaks a %s rule with STORAGE_CONSTRAINT", async (constraint, insert) => {
    await people().insertInto("people").values({ id: "1", name: "a", age: 1 }).execute();
    const error: unknown = await insert(people())
      .execute()
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "STORAGE_CONSTRAINT", retryable: false, details: { constraint } });
  });

  it("reject what the database does not understand, and go on", async () => {
    expect(await codeOf(sql`SELEKT 1`.execute(people()))).toBe("STORAGE_FAILED");
    expect(await codeOf(sql`SELECT * FROM nowhere`.execute(people()))).toBe("STORAGE_FAILED");
    expect(await codeOf(people().insertInto("people").values({ id: "a\0b", name: "a", age: 1 }).execute())).toBe(
      "STORAGE_ARGUMENT_INVALID",
    );
    expect((await sql`SELECT 1 AS one`.execute(people())).rows).toEqual([{ one: 1 }]);
  });

  it("stream long results in order, some rows at a time, and may be left early", async () => {
    const rows = Array.from({ length: 1_234 }, (_, index) => ({
      id: String(index).padStart(5, "0"),
      name: "n",
      age: index,
    }));
    await people().insertInto("people").values(rows).execute();
    const seen: number[] = [];
    for await (const { age } of people().selectFrom("people").select("age").orderBy("id").stream(100)) {
      seen.push(age);
      // Others may write meanwhile; the stream shows the moment it began.
      if (age === 500) await people().deleteFrom("people").execute();
    }
    expect(seen).toEqual(rows.map(({ age }) => age));
    await people().insertInto("people").values(rows).execute();
    for await (const { age } of people().selectFrom("people").select("age").orderBy("id").stream(10))
      if (age === 15) break;
    expect(await people().selectFrom("people").select("age").where("id", "=", "01233").execute()).toEqual([
      { age: 1_233 },
    ]);
  });

  it("show every write whose promise has resolved to the next read", async () => {
    for (let age = 1; age <= 100; age++) {
      await people()
        .insertInto("people")
        .values({ id: `${age}`, name: "n", age })
        .execute();
      const { n } = await people()
        .selectFrom("people")
        .select((eb) => eb.fn.countAll<number>().as("n"))
        .executeTakeFirstOrThrow();
      expect(n).toBe(age);
    }
  });

  it("do many writes called at once, and fail only those that fail alone", async () => {
    const calls = Array.from({ length: 300 }, (_, index) =>
      codeOf(
        people()
          .insertInto("people")
          .values({ id: `${index % 250}`, name: "n", age: index })
          .execute(),
      ),
    );
    const codes = await Promise.all(calls);
    expect(codes.filter((code) => code === "resolved")).toHaveLength(250);
    expect(codes.filter((code) => code === "STORAGE_CONSTRAINT")).toHaveLength(50);
    const { n } = await people()
      .selectFrom("people")
      .select((eb) => eb.fn.countAll<number>().as("n"))
      .executeTakeFirstOrThrow();
    expect(n).toBe(250);
  });
}

function transactionCases(people: () => Kysely<Tables>, database: () => Sql): void {
  const insert = (db: Kysely<Tables>, id: string): Promise<unknown> =>
    db.insertInto("people").values({ id, name: "n", age: 1 }).execute();
  const ids = async (): Promise<string[]> =>
    (await people().selectFrom("people").select("id").orderBy("id").execute()).map(({ id }) => id);

  it("commit together, and are seen by others only then", async () => {
    const seenInside = await people()
      .transaction()
      .execute(async (transaction) => {
        await insert(transaction, "1");
        const outside = await ids();
        await insert(transaction, "2");
        const inside = await transaction.selectFrom("people").select("id").execute();
        return { outside, inside: inside.length };
      });
    expect(seenInside).toEqual({ outside: [], inside: 2 });
    expect(await ids()).toEqual(["1", "2"]);
  });

  it("leave nothing behind when their work throws, or when a statement fails", async () => {
    const thrown = people()
      .transaction()
      .execute(async (transaction) => {
        await insert(transaction, "1");
        throw new RangeError("no");
      });
    await expect(thrown).rejects.toThrow(RangeError);
    const failed = people()
      .transaction()
      .execute(async (transaction) => {
        await insert(transaction, "1");
        await insert(transaction, "1");
      });
    expect(await codeOf(failed)).toBe("STORAGE_CONSTRAINT");
    expect(await ids()).toEqual([]);
  });

  it("take in no statement from outside, whenever it is called", async () => {
    const outside: Promise<unknown>[] = [];
    const failed = people()
      .transaction()
      .execute(async (transaction) => {
        await insert(transaction, "inside");
        outside.push(insert(people(), "outside1"), insert(people(), "outside2"));
        await transaction.selectFrom("people").selectAll().execute();
        throw new RangeError("no");
      });
    await expect(failed).rejects.toThrow(RangeError);
    await Promise.all(outside);
    expect(await ids()).toEqual(["outside1", "outside2"]);
  });

  it("run one after the other where they would disturb each other", async () => {
    await insert(people(), "counter");
    const raise = (): Promise<void> =>
      people()
        .transaction()
        .execute(async (transaction) => {
          // PostgreSQL has several writers and needs to be told; SQLite has one.
          const read = transaction.selectFrom("people").select("age").where("id", "=", "counter");
          const { age } = await (
            database().dialect === "postgresql" ? read.forUpdate() : read
          ).executeTakeFirstOrThrow();
          await transaction
            .updateTable("people")
            .set({ age: age + 1 })
            .where("id", "=", "counter")
            .execute();
        });
    await Promise.all(Array.from({ length: 40 }, raise));
    expect(await people().selectFrom("people").select("age").execute()).toEqual([{ age: 41 }]);
  });

  it("can be rolled back in part", async () => {
    const transaction = await people().startTransaction().execute();
    await insert(transaction, "1");
    const saved = await transaction.savepoint("before").execute();
    expect(await codeOf(insert(saved, "1"))).toBe("STORAGE_CONSTRAINT");
    await saved.rollbackToSavepoint("before").execute();
    await insert(transaction, "2");
    await transaction.commit().execute();
    expect(await ids()).toEqual(["1", "2"]);
  });

  it("stream what they have written", async () => {
    const seen = await people()
      .transaction()
      .execute(async (transaction) => {
        await insert(transaction, "1");
        await insert(transaction, "2");
        const found: string[] = [];
        for await (const { id } of transaction.selectFrom("people").select("id").orderBy("id").stream(1))
          found.push(id);
        return found;
      });
    expect(seen).toEqual(["1", "2"]);
  });

  it("as a batch: all statements or none, with their results", async () => {
    const db = people();
    const results = await database().batch([
      db.insertInto("people").values({ id: "1", name: "a", age: 1 }),
      db.updateTable("people").set({ age: 2 }).returning("age"),
      db.selectFrom("people").select("name"),
    ]);
    expect(results.map(({ rows }) => rows)).toEqual([[], [{ age: 2 }], [{ name: "a" }]]);
    expect(results[0]?.numAffectedRows).toBe(1n);
    const good = database().batch([db.insertInto("people").values({ id: "2", name: "b", age: 1 })]);
    const bad = database().batch([
      db.insertInto("people").values({ id: "3", name: "b", age: 1 }),
      db.insertInto("people").values({ id: "1", name: "b", age: 1 }),
    ]);
    expect(await Promise.all([codeOf(good), codeOf(bad)])).toEqual(["resolved", "STORAGE_CONSTRAINT"]);
    expect(await ids()).toEqual(["1", "2"]);
  });

  it("as a batch of equal statements: each with its own result, and none when one fails", async () => {
    const db = people();
    const rows = ["1", "2", "3"].map((id) => db.insertInto("people").values({ id, name: id, age: 1 }));
    const older = ["2", "9", "3"].map((id) => db.updateTable("people").set({ age: 2 }).where("id", "=", id));
    const all = db.updateTable("people").set((row) => ({ age: row("age", "+", 1) }));
    const results = await database().batch([...rows, ...older, all, all]);
    expect(results.map(({ numAffectedRows }) => numAffectedRows)).toEqual([1n, 1n, 1n, 1n, 0n, 1n, 3n, 3n]);
    const ages = await db.selectFrom("people").select(["id", "age"]).orderBy("id").execute();
    expect(ages.map(({ id, age }) => [id, age])).toEqual([
      ["1", 3],
      ["2", 4],
      ["3", 4],
    ]);
    const again = ["4", "2"].map((id) => db.insertInto("people").values({ id, name: id, age: 1 }));
    expect(await codeOf(database().batch(again))).toBe("STORAGE_CONSTRAINT");
    expect(await ids()).toEqual(["1", "2", "3"]);
  });
}

function closingCases(openAnother: () => Promise<Sql>): void {
  it("waits for what was called before and rejects what comes after, twice without harm", async () => {
    const handle = await openAnother();
    const db = handle.db.withTables<Tables>();
    const before = Array.from({ length: 20 }, (_, index) =>
      codeOf(
        db
          .insertInto("people")
          .values({ id: `${index}`, name: "n", age: 1 })
          .execute(),
      ),
    );
    // Kysely takes a moment to hand a statement to its driver.
    await Promise.resolve();
    const done = Promise.all(before);
    const transaction = codeOf(
      db.transaction().execute(async (transaction) => {
        await transaction.insertInto("people").values({ id: "t", name: "n", age: 1 }).execute();
        await transaction.insertInto("people").values({ id: "u", name: "n", age: 1 }).execute();
      }),
    );
    expect(await done).toEqual(Array.from({ length: 20 }, () => "resolved"));
    expect(await transaction).toBe("resolved");
    const closing = handle.close();
    expect(await codeOf(sql`SELECT 1`.execute(db))).toBe("STORAGE_CLOSED");
    expect(await codeOf(handle.batch([db.selectFrom("people").selectAll()]))).toBe("STORAGE_CLOSED");
    await closing;
    await handle.close();
  });
}
