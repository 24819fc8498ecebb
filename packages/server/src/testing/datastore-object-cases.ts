// Cases of the datastore's contract: keys, insert, update, upsert, delete, and what can be stored.

import { maskedText, Password, RegexText } from "@switchboard/protocol";
import { describe, expect, it } from "vitest";
import type { DatastoreWorld } from "./datastore-world.ts";

/** Lines 4 to 8. */
export function objectCases({ clock, datastore, newName }: DatastoreWorld): void {
  describe("keys", () => {
    it("4 uuid: random, or given and then in lower case", async () => {
      const name = newName();
      await datastore().createCollection(name);
      const key = await datastore().insert(name, {});
      expect(key).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
      const upper = "8F14E45F-CEEA-467F-A0E6-0123456789AB";
      expect(await datastore().insert(name, {}, upper)).toBe(upper.toLowerCase());
      expect(await datastore().getById(name, upper)).toMatchObject({ id: upper.toLowerCase() });
    });

    it("4 serial and integer: the highest plus one, from 1, also many at once", async () => {
      const name = newName();
      await datastore().createCollection(name, "serial");
      expect(await datastore().insert(name, {})).toBe(1);
      expect(await datastore().insert(name, {}, 40)).toBe(40);
      expect(await datastore().insert(name, {})).toBe(41);
      await datastore().delete(name, 41);
      expect(await datastore().insert(name, {})).toBe(41);
      const keys = await Promise.all(Array.from({ length: 50 }, () => datastore().insert(name, {})));
      expect(keys.toSorted((a, b) => Number(a) - Number(b))).toEqual(
        Array.from({ length: 50 }, (_, index) => 42 + index),
      );
    });

    it("4 text and ltree: must be given", async () => {
      const [text, tree] = [newName(), newName()];
      await datastore().createCollection(text, "text");
      await datastore().createCollection(tree, "ltree");
      await expect(datastore().insert(text, {})).rejects.toMatchObject({ code: "DATASTORE_KEY_INVALID", errno: 22 });
      expect(await datastore().insert(text, {}, "any key, ' é")).toBe("any key, ' é");
      expect(await datastore().insert(tree, {}, "a.b.c")).toBe("a.b.c");
      await expect(datastore().insert(tree, {}, "a..b")).rejects.toMatchObject({ code: "DATASTORE_KEY_INVALID" });
    });

    it.each([
      ["uuid", "nonsense"],
      ["uuid", 5],
      ["serial", "5"],
      ["serial", 1.5],
      ["serial", 2 ** 60],
      ["text", ""],
      ["text", 5],
      ["text", "a\0b"],
      ["text", "\ud800"],
      ["text", "x".repeat(1_025)],
    ] as const)("4 a key of type %s is not %j: refused when writing, not there when reading", async (type, key) => {
      const name = newName();
      await datastore().createCollection(name, type);
      await expect(datastore().insert(name, {}, key)).rejects.toMatchObject({ code: "DATASTORE_KEY_INVALID" });
      await expect(datastore().update(name, key, {})).rejects.toMatchObject({ code: "DATASTORE_KEY_INVALID" });
      expect(await datastore().getById(name, key)).toBeNull();
      expect(await datastore().delete(name, key)).toBe(false);
      expect(await datastore().query(name, [["id", "=", key]])).toEqual([]);
    });

    it("4 the next free key with a prefix is the smallest number", async () => {
      const name = newName();
      await datastore().createCollection(name, "text");
      expect(await datastore().nextKey(name, "igb")).toBe("igb0");
      for (const key of ["igb0", "igb1", "igb3", "igbx", "ig2"]) await datastore().insert(name, {}, key);
      expect(await datastore().nextKey(name, "igb")).toBe("igb2");
    });
  });

  describe("insert", () => {
    it("5 sets created_at and updated_at", async () => {
      const name = newName();
      await datastore().createCollection(name, "text");
      await datastore().insert(name, { a: 1, created_at: "never" }, "x");
      const now = new Date(clock.now());
      expect(await datastore().getById(name, "x")).toEqual({ id: "x", a: 1, created_at: now, updated_at: now });
    });

    it("5 a value that is no object is stored as {value}", async () => {
      const name = newName();
      await datastore().createCollection(name, "text");
      await datastore().insert(name, [1, 2], "list");
      await datastore().insert(name, null, "null");
      await datastore().insert(name, clock.now() > 0 ? new Date(0) : 0, "date");
      expect(await datastore().query(name, null, { select: ["id", "value"] })).toEqual([
        ["date", new Date(0)],
        ["list", [1, 2]],
        ["null", null],
      ]);
    });

    it("S95 the object's id wins over the key given; a taken key is refused", async () => {
      const name = newName();
      await datastore().createCollection(name, "text");
      expect(await datastore().insert(name, { id: "inner", n: 1 }, "outer")).toBe("inner");
      await expect(datastore().insert(name, { id: "inner", n: 2 })).rejects.toMatchObject({
        code: "DATASTORE_DUPLICATE_KEY",
        errno: 17,
      });
      expect(await datastore().getById(name, "outer")).toBeNull();
      expect(await datastore().getById(name, "inner")).toMatchObject({ n: 1 });
    });
  });

  describe("update, upsert, delete", () => {
    it("S94 update replaces: fields that are not given are gone, created_at stays, updated_at moves on", async () => {
      const name = newName();
      await datastore().createCollection(name, "text");
      const created = new Date(clock.now());
      await datastore().insert(name, { a: 1, b: { c: [1] } }, "x");
      await clock.advance(5_000);
      expect(await datastore().update(name, "x", { b: 2 })).toBe("x");
      expect(await datastore().getById(name, "x")).toEqual({
        id: "x",
        b: 2,
        created_at: created,
        updated_at: new Date(clock.now()),
      });
      const given = new Date("2001-02-03T04:05:06.007Z");
      await datastore().update(name, "x", { created_at: given });
      expect(await datastore().getById(name, "x")).toMatchObject({ created_at: given });
    });

    it("6 updating what is not there is refused", async () => {
      const name = newName();
      await datastore().createCollection(name, "serial");
      await expect(datastore().update(name, 5, {})).rejects.toMatchObject({ code: "DATASTORE_NOT_FOUND", errno: 2 });
    });

    it("6 a different id renames, and merges over the old object", async () => {
      const name = newName();
      await datastore().createCollection(name, "text");
      await datastore().insert(name, { a: 1, b: 1 }, "old");
      await datastore().insert(name, { a: 9 }, "taken");
      expect(await datastore().update(name, "old", { id: "new", b: 2 })).toBe("new");
      expect(await datastore().getById(name, "old")).toBeNull();
      expect(await datastore().getById(name, "new")).toMatchObject({ a: 1, b: 2 });
      await expect(datastore().update(name, "new", { id: "taken" })).rejects.toMatchObject({
        code: "DATASTORE_DUPLICATE_KEY",
      });
      await expect(datastore().update(name, "gone", { id: "other" })).rejects.toMatchObject({
        code: "DATASTORE_NOT_FOUND",
      });
      expect(await datastore().query(name, null, { select: ["id", "a"] })).toEqual([
        ["new", 1],
        ["taken", 9],
      ]);
    });

    it("6 upsert inserts or replaces, also when many do so at once", async () => {
      const name = newName();
      await datastore().createCollection(name, "text");
      expect(await datastore().upsert(name, "x", { a: 1 })).toBe("x");
      expect(await datastore().upsert(name, "x", { b: 2 })).toBe("x");
      expect(await datastore().getById(name, "x")).not.toHaveProperty("a");
      await Promise.all(Array.from({ length: 20 }, (_, n) => datastore().upsert(name, "y", { n })));
      expect(await datastore().query(name, null, { count: true })).toBe(2);
    });

    it("6 delete takes away, and is no error when there is nothing", async () => {
      const name = newName();
      await datastore().createCollection(name, "serial");
      await datastore().insert(name, {});
      expect(await datastore().delete(name, 1)).toBe(true);
      expect(await datastore().delete(name, 1)).toBe(false);
      await Promise.all(Array.from({ length: 30 }, (_, n) => datastore().insert(name, { n })));
      expect(await datastore().deleteWhere(name, [["n", "<", 10]])).toBe(10);
      expect(await datastore().deleteWhere(name, [["n", "~", "^2"]])).toBe(10);
      expect(await datastore().query(name, null, { count: true })).toBe(10);
    });
  });

  describe("what can be stored", () => {
    it("7 comes back as it was", async () => {
      const name = newName();
      await datastore().createCollection(name, "text");
      const object = {
        text: "Grüße, \u{1F600} ' \" \\ \n \u2028",
        numbers: [0, -1, 1.5, 1e21, 5e-324, Number.MAX_SAFE_INTEGER, 0.1 + 0.2],
        flags: [true, false, null],
        at: new Date("2017-05-09T00:35:49.123Z"),
        bytes: Uint8Array.from([0, 255, 1]),
        regex: new RegexText("^a"),
        nested: { deeper: { "a.b": [{}] }, "": 1, 'quo"te': "x", "back\\slash": 1 },
      };
      await datastore().insert(name, object, "x");
      const back = await datastore().getById(name, "x");
      expect(back).toMatchObject({ ...object, bytes: expect.anything() });
      expect(Array.from(back?.["bytes"] as Uint8Array)).toEqual([0, 255, 1]);
    });

    it("S86 secrets are stored as their mask", async () => {
      const name = newName();
      await datastore().createCollection(name, "text");
      await datastore().insert(name, { args: [{ password: new Password("hunter2") }] }, "x");
      expect(await datastore().getById(name, "x")).toMatchObject({ args: [{ password: maskedText }] });
    });

    it.each([
      ["a text with U+0000", { a: "x\0y" }],
      ["half a surrogate pair", { a: ["\ud800"] }],
      ["a name with U+0000", { "a\0": 1 }],
      ["a name beginning with $", { a: { $set: 1 } }],
      ["a name that changes prototypes", { a: JSON.parse('{"__proto__":1}') }],
      ["NaN", { a: Number.NaN }],
      ["Infinity", { a: [Infinity] }],
      ["an invalid date", { a: new Date(Number.NaN) }],
      ["a date before year 0", { a: new Date(-8.64e15) }],
      ["a function", { a: () => 1 }],
      ["a symbol", { a: Symbol("x") }],
      ["a very large whole number", { a: 2n ** 60n }],
    ])("8 %s is refused, and the field named", async (_, object) => {
      const name = newName();
      await datastore().createCollection(name, "text");
      const refusal = { code: "DATASTORE_VALUE_INVALID", errno: 22, message: expect.stringMatching(/^a|^object/) };
      await expect(datastore().insert(name, object, "x")).rejects.toMatchObject(refusal);
      await expect(datastore().upsert(name, "x", object)).rejects.toMatchObject(refusal);
      expect(await datastore().query(name)).toEqual([]);
    });

    it("8 nesting without end is refused", async () => {
      const name = newName();
      await datastore().createCollection(name, "text");
      const loop: Record<string, unknown> = {};
      loop["again"] = loop;
      await expect(datastore().insert(name, loop, "x")).rejects.toMatchObject({ code: "DATASTORE_VALUE_INVALID" });
    });
  });
}
