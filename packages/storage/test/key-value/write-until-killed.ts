// A process that writes, prints how many numbers are done in all stores, and never ends by itself. Argument: the folder.

import { openKeyValue, openSql } from "@switchboard/storage";

const folder = process.argv[2] ?? "";
const store = await openKeyValue({ driver: "sqlite", path: `${folder}/key-value.db` });
const sql = await openSql({ driver: "sqlite", path: `${folder}/sql.db` });
await sql.migrate("test", [{ name: "1", up: ["CREATE TABLE pairs (id BIGINT NOT NULL, half TEXT NOT NULL)"] }]);
const pairs = sql.db.withTables<{ pairs: { id: number; half: string } }>();

async function write(id: number): Promise<void> {
  await Promise.all([
    store.set(`key${id}`, "value"),
    store.atomic(async (group) => {
      const next = String(Number((await group.get("left")) ?? 0) + 1);
      group.set("left", next);
      group.set("right", next);
    }),
    sql.batch(["left", "right"].map((half) => pairs.insertInto("pairs").values({ id, half }))),
  ]);
}

for (let next = 0; ; next += 50) {
  await Promise.all(Array.from({ length: 50 }, (_, index) => write(next + index)));
  console.log(next + 50);
}
