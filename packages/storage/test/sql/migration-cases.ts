// The part of the SQL suite that is about migrations.

import type { Sql } from "@switchboard/storage";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { codeOf } from "../code-of.ts";

/** Declares the cases. `openAnother` opens the same database once more, as another process would. */
export function migrationCases(database: () => Sql, openAnother: () => Promise<Sql>): void {
  const table = (name: string): readonly string[] => [`CREATE TABLE ${name} (id TEXT PRIMARY KEY)`];
  const exists = async (name: string): Promise<boolean> =>
    (await codeOf(sql`SELECT * FROM ${sql.table(name)}`.execute(database().db))) === "resolved";

  it("run once each, in order, per namespace", async () => {
    const ran: string[] = [];
    const step = (name: string) => ({ name, up: async () => void ran.push(name) });
    await database().migrate("order", [step("1"), step("2")]);
    await database().migrate("order", [step("1"), step("2"), step("3")]);
    await database().migrate("other", [step("1")]);
    expect(ran).toEqual(["1", "2", "3", "1"]);
  });

  it("run once when several processes start at the same time", async () => {
    const handles = await Promise.all(Array.from({ length: 4 }, openAnother));
    const up = ["CREATE TABLE race (n BIGINT NOT NULL)", "INSERT INTO race VALUES (1)"];
    const migrations = [1, 2, 3].map((n) => ({ name: `${n}`, up: n === 1 ? up : ["INSERT INTO race VALUES (1)"] }));
    await Promise.all(handles.map((handle) => handle.migrate("race", migrations)));
    const { rows } = await sql`SELECT count(*) AS n FROM race`.execute(database().db);
    expect(rows).toEqual([{ n: 3 }]);
    await Promise.all(handles.map((handle) => handle.close()));
  });

  it("leave the database as the last complete one left it when one fails, and go on from there", async () => {
    const bad = [...table("half"), "CREATE TABLE ???"];
    const error: unknown = await database()
      .migrate("failing", [
        { name: "0001-good", up: table("whole") },
        { name: "0002-bad", up: bad },
      ])
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "STORAGE_FAILED" });
    expect((error as Error).message).toContain("migration 0002-bad of failing failed");
    expect([await exists("whole"), await exists("half")]).toEqual([true, false]);
    await database().migrate("failing", [
      { name: "0001-good", up: table("whole") },
      { name: "0002-bad", up: table("half") },
    ]);
    expect(await exists("half")).toBe(true);
  });

  it("refuse a database that a newer version has migrated, naming what is unknown", async () => {
    await database().migrate("newer", [
      { name: "0001-a", up: [] },
      { name: "0002-b", up: [] },
      { name: "0003-c", up: [] },
    ]);
    const error: unknown = await database()
      .migrate("newer", [{ name: "0001-a", up: [] }])
      .catch((error: unknown) => error);
    expect(error).toMatchObject({
      code: "STORAGE_SCHEMA_NEWER",
      details: { namespace: "newer", unknown: ["0002-b", "0003-c"], lastKnown: "0001-a" },
    });
    const swapped = database().migrate("newer", [
      { name: "0001-a", up: [] },
      { name: "0003-c", up: [] },
      { name: "0002-b", up: [] },
    ]);
    expect(await codeOf(swapped)).toBe("STORAGE_SCHEMA_NEWER");
  });

  it("refuse a list with a name twice", async () => {
    const twice = database().migrate("twice", [
      { name: "1", up: [] },
      { name: "1", up: [] },
    ]);
    expect(await codeOf(twice)).toBe("STORAGE_ARGUMENT_INVALID");
  });
}
