// What calling a procedure promises, on both engines.

import type { Sql } from "@switchboard/storage";
import { type Kysely, sql } from "kysely";
import { expect, it } from "vitest";
import { codeOf } from "../code-of.ts";

// Inserts a person for each name and remembers how many it has made in all, in their age.
const people = `
let age = 0;
export const procedure = (dialect) => (names) =>
  names.map((name) => {
    if (name === "") throw new TypeError("nobody");
    const values = dialect === "sqlite" ? "?, ?, ?" : "$1, $2, $3";
    return { sql: "INSERT INTO people (id, name, age) VALUES (" + values + ")", parameters: [name, null, ++age] };
  });`;
let modules = 0;
// Modules are cached by their address.
const moduleOf = (code: string): URL =>
  new URL(`data:text/javascript,${encodeURIComponent(`${code} // ${++modules}`)}`);

/** Declares the cases. */
export function procedureCases(database: () => Sql): void {
  const ages = async (): Promise<unknown> => {
    const db: Kysely<{ people: { id: string; age: number } }> = database().db.withTables();
    const rows = await db.selectFrom("people").select(["id", "age"]).orderBy("id").execute();
    return rows.map(({ id, age }) => [id, age]);
  };

  it("runs what a procedure makes as one transaction: all of it or nothing", async () => {
    const add = await database().procedure(moduleOf(people));
    await add(["a", "b"]);
    expect(await Promise.all([add(["c"]), codeOf(add(["d", "a"])), add([]), add(["e"])])).toEqual([
      undefined,
      "STORAGE_CONSTRAINT",
      undefined,
      undefined,
    ]);
    expect(await ages()).toEqual([
      ["a", 1],
      ["b", 2],
      ["c", 3],
      ["e", 6],
    ]);
  });

  it("says that a procedure failed, and goes on with the next call", async () => {
    const add = await database().procedure(moduleOf(people));
    const other = sql`INSERT INTO people (id, age) VALUES ('x', 9)`.execute(database().db);
    const broken = add(["a", ""]).then(
      () => "resolved",
      (error: unknown) => String(error),
    );
    await Promise.all([other, add(["b"])]);
    expect(await broken).toContain("nobody");
    expect(await ages()).toEqual([
      ["b", 2],
      ["x", 9],
    ]);
  });

  it("refuses a module that is none, or has no procedure", async () => {
    expect(await codeOf(database().procedure(moduleOf("export const other = 1")))).toBe("STORAGE_ARGUMENT_INVALID");
    expect(await codeOf(database().procedure(moduleOf("this is no module")))).toBe("STORAGE_FAILED");
  });
}
