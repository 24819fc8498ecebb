// The suite that puts the datastore on one SQL engine through every numbered line at the top of ../datastore/datastore.ts.

import { TestClock } from "@switchboard/core/testing";
import type { Sql } from "@switchboard/storage";
import { afterAll, beforeAll, describe } from "vitest";
import { Datastore } from "../datastore/index.ts";
import { collectionCases } from "./datastore-collection-cases.ts";
import { lifeCases } from "./datastore-life-cases.ts";
import { objectCases } from "./datastore-object-cases.ts";
import { queryCases } from "./datastore-query-cases.ts";
import type { DatastoreWorld } from "./datastore-world.ts";

/**
 * Declares a vitest suite for one engine.
 *
 * ```ts
 * datastoreContract("sqlite", () => openSql({ driver: "sqlite", path }));
 * ```
 */
export function datastoreContract(name: string, openSql: () => Promise<Sql>): void {
  describe(`datastore contract: ${name}`, () => {
    const clock = new TestClock();
    let sql: Sql | undefined;
    let datastore: Datastore | undefined;
    let names = 0;

    const world: DatastoreWorld = {
      clock,
      datastore: () => present(datastore),
      sql: () => present(sql),
      newName: () => `case${++names}.things`,
    };

    beforeAll(async () => {
      sql = await openSql();
      datastore = await Datastore.open(sql, { clock });
    });
    afterAll(async () => {
      datastore?.close();
      await sql?.close();
    });

    collectionCases(world);
    objectCases(world);
    queryCases(world);
    lifeCases(world);
  });
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("a contract case runs outside of its suite");
  return value;
}
