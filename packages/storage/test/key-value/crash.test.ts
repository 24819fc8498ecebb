// 14: what a promise has resolved for survives the death of the process.

import { openKeyValue, openSql } from "@switchboard/storage";
import { spawnNode, tempFolder } from "@switchboard/testkit";
import { expect, it } from "vitest";

it("14 keeps every write that was resolved when the process is killed in the middle of writing", async () => {
  const folder = tempFolder();
  const child = spawnNode(new URL("write-until-killed.ts", import.meta.url), [folder]);
  let resolved = 0;
  for await (const line of child.lines) {
    resolved = Number(line);
    if (resolved >= 2_000) break;
  }
  await child.kill();

  const store = await openKeyValue({ driver: "sqlite", path: `${folder}/key-value.db` });
  const kept = new Set(await store.keys("key*"));
  const lost = Array.from({ length: resolved }, (_, index) => `key${index}`).filter((key) => !kept.has(key));
  expect(lost).toEqual([]);
  // Groups are whole: the two counters were always raised together.
  expect(await store.get("left")).toBe(await store.get("right"));
  await store.close();

  const sql = await openSql({ driver: "sqlite", path: `${folder}/sql.db` });
  const rows = await sql.db
    .withTables<{ pairs: { id: number; half: string } }>()
    .selectFrom("pairs")
    .select("id")
    .execute();
  const ids = rows.map(({ id }) => id);
  expect(Array.from({ length: resolved }, (_, index) => index).filter((id) => !ids.includes(id))).toEqual([]);
  // Transactions are whole: each wrote two rows.
  expect(ids.length).toBe(2 * new Set(ids).size);
  await sql.close();
});
