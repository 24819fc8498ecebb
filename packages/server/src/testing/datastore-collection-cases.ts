// Cases of the datastore's contract: collections, attributes, indexes.

import { describe, expect, it } from "vitest";
import { Datastore } from "../datastore/index.ts";
import type { DatastoreWorld } from "./datastore-world.ts";

/** Lines 1 to 3. */
export function collectionCases({ clock, datastore, newName, sql }: DatastoreWorld): void {
  describe("collections", () => {
    it("1 are created, listed, described and deleted", async () => {
      const name = newName();
      expect(await datastore().hasCollection(name)).toBe(false);
      await datastore().createCollection(name, "serial", { type: "log", indexes: ["state"] });
      expect(await datastore().hasCollection(name)).toBe(true);
      expect(await datastore().collections()).toContain(name);
      expect(await datastore().keyType(name)).toBe("serial");
      expect(await datastore().attributes(name)).toEqual({ type: "log", indexes: ["state"] });
      await datastore().deleteCollection(name);
      await datastore().deleteCollection(name);
      expect(await datastore().hasCollection(name)).toBe(false);
    });

    it("1 an unknown one is refused everywhere", async () => {
      const unknown = { code: "DATASTORE_COLLECTION_UNKNOWN", errno: 2 };
      const store = datastore();
      const calls = [
        () => store.query("none"),
        () => store.queryStream("none").next(),
        () => store.getById("none", "x"),
        () => store.insert("none", {}),
        () => store.update("none", "x", {}),
        () => store.upsert("none", "x", {}),
        () => store.delete("none", "x"),
        () => store.exists("none"),
        () => store.attributes("none"),
        () => store.setAttributes("none", {}),
      ];
      for (const call of calls) await expect(call()).rejects.toMatchObject(unknown);
    });

    it("1 one that exists is not created again; requiring it brings its attributes up to date", async () => {
      const name = newName();
      await datastore().requireCollection(name, "text");
      await expect(datastore().createCollection(name, "text")).rejects.toMatchObject({
        code: "DATASTORE_COLLECTION_EXISTS",
        errno: 17,
      });
      await datastore().insert(name, { n: 1 }, "a");
      await datastore().requireCollection(name, "text", { indexes: ["n"] });
      expect(await datastore().attributes(name)).toEqual({ indexes: ["n"] });
      expect(await datastore().getById(name, "a")).toMatchObject({ n: 1 });
      await expect(datastore().requireCollection(name, "uuid")).rejects.toMatchObject({
        code: "DATASTORE_DECLARATION_INVALID",
      });
    });

    it.each([
      ["", {}],
      ["a b", {}],
      ["'; DROP TABLE x; --", {}],
      ["x".repeat(101), {}],
      ["ok1", { type: "odd" }],
      ["ok2", { cap: -1 }],
      ["ok3", { cap: 1_000 }],
      ["ok4", { indexes: [""] }],
      ["ok5", { unique_indexes: ["id"] }],
      ["ok6", { indexes: Array.from({ length: 33 }, (_, index) => `f${index}`) }],
    ])("1 the declaration %j %j is refused", async (name, attributes) => {
      await expect(datastore().createCollection(name, "uuid", attributes as never)).rejects.toMatchObject({
        code: "DATASTORE_DECLARATION_INVALID",
        errno: 22,
      });
    });

    it("2 indexes are built over what is there, and dropped", async () => {
      const name = newName();
      await datastore().createCollection(name, "text", { indexes: ["a", "b.c"] });
      await datastore().insert(name, { a: 1, u: 1 }, "x");
      await datastore().insert(name, { a: 2, u: 1 }, "y");
      await expect(datastore().setAttributes(name, { unique_indexes: ["u"] })).rejects.toMatchObject({
        code: "DATASTORE_DUPLICATE_KEY",
      });
      expect(await datastore().attributes(name)).toEqual({ indexes: ["a", "b.c"] });
      await datastore().setAttributes(name, {
        indexes: ["a", "weird\"'; --.0", "q\\.r"],
        unique_indexes: [["a", "u"], "a"],
      });
      await expect(datastore().insert(name, { a: 2 }, "z")).rejects.toMatchObject({ code: "DATASTORE_DUPLICATE_KEY" });
      await datastore().setAttributes(name, {});
      await datastore().insert(name, { a: 2 }, "z");
    });

    it("2 unique indexes hold by type and value, over several fields, and ignore what is missing", async () => {
      const name = newName();
      await datastore().createCollection(name, "serial", { unique_indexes: ["mail", ["host", "port"]] });
      const insert = (object: object): Promise<unknown> => datastore().insert(name, object);
      await insert({ mail: "1", host: "a", port: 1 });
      await insert({ mail: 1, host: "a", port: 2 });
      await insert({ mail: true, host: "b", port: 1 });
      await insert({});
      await insert({ mail: null, host: "c" });
      await insert({ host: "c" });
      await expect(insert({ mail: "1" })).rejects.toMatchObject({ code: "DATASTORE_DUPLICATE_KEY", errno: 17 });
      await expect(insert({ host: "a", port: 2 })).rejects.toMatchObject({ code: "DATASTORE_DUPLICATE_KEY" });
      await expect(datastore().update(name, 2, { mail: "1" })).rejects.toMatchObject({
        code: "DATASTORE_DUPLICATE_KEY",
      });
      expect(await datastore().query(name, [], { count: true })).toBe(6);
    });

    it("2 a value too long for its index is refused, the same everywhere", async () => {
      const name = newName();
      await datastore().createCollection(name, "text", { indexes: ["a"], unique_indexes: [["b", "c", "d"]] });
      const random = Array.from({ length: 1_024 }, (_, index) => String.fromCharCode(97 + ((index * 7919) % 26))).join(
        "",
      );
      await datastore().insert(
        name,
        { a: random, b: random.slice(0, 682), c: random.slice(0, 682), d: random.slice(0, 682) },
        "x",
      );
      await expect(datastore().insert(name, { a: `${random}x` }, "y")).rejects.toMatchObject({
        code: "DATASTORE_VALUE_INVALID",
      });
      await expect(datastore().insert(name, { c: random }, "y")).rejects.toMatchObject({
        code: "DATASTORE_VALUE_INVALID",
      });
      expect(await datastore().query(name, [["a", "=", random]], { count: true })).toBe(1);
    });

    it("3 what was stored is there after opening again, beside another datastore in the same database", async () => {
      const name = newName();
      await datastore().createCollection(name, "text");
      await datastore().insert(name, { n: 1 }, "a");
      const again = await Datastore.open(sql(), { clock });
      const other = await Datastore.open(sql(), { clock, prefix: "datastore_log" });
      expect(await again.getById(name, "a")).toMatchObject({ n: 1 });
      expect(await other.hasCollection(name)).toBe(false);
      await other.createCollection(name, "serial");
      expect(await other.insert(name, {})).toBe(1);
      // One that another process has created is found when it is asked for.
      const late = newName();
      await again.createCollection(late);
      expect(await datastore().hasCollection(late)).toBe(true);
      again.close();
      other.close();
      await expect(Datastore.open(sql(), { prefix: "Bad-Prefix" })).rejects.toMatchObject({
        code: "DATASTORE_DECLARATION_INVALID",
      });
    });
  });
}
