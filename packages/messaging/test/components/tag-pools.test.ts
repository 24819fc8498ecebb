import { expect, it } from "vitest";
import { type Tag, TagPools } from "../../src/components/index.ts";
import { pythonJsonPair } from "../../src/components/python-json.ts";
import { onEachEngine } from "./engines.ts";

const tags = (pool: string, ...names: string[]): Tag[] => names.map((name) => [pool, name]);

onEachEngine("tag pools", (open) => {
  it("M69 S33 hand tags out first in first out; a released one goes to the back", async () => {
    const pools = new TagPools((await open()).keyValue);
    await pools.declare(tags("p", "b", "a"));
    expect(await pools.acquire("p")).toEqual(["p", "a"]);
    expect(await pools.acquire("p")).toEqual(["p", "b"]);
    expect(await pools.acquire("p")).toBeNull();
    await pools.release(["p", "b"]);
    await pools.release(["p", "a"]);
    expect(await pools.freeTags("p")).toEqual(tags("p", "b", "a"));
    expect(await pools.acquire("p")).toEqual(["p", "b"]);
  });

  it("M69 S35 do not duplicate what is declared again, free or in use", async () => {
    const pools = new TagPools((await open()).keyValue);
    await pools.declare(tags("p", "a", "b"));
    await pools.acquire("p");
    await pools.declare([...tags("p", "c", "a", "b", "c"), ...tags("q", "x")]);
    expect(await pools.freeTags("p")).toEqual(tags("p", "b", "c"));
    expect(await pools.inUseTags("p")).toEqual(tags("p", "a"));
    expect(await pools.pools()).toEqual(["p", "q"]);
  });

  it("M69 S36 can be purged only when no tag is in use; an unknown pool gives null", async () => {
    const { keyValue } = await open();
    const pools = new TagPools(keyValue);
    await pools.declare(tags("p", "a", "b"));
    await pools.acquire("p");
    await expect(pools.purge("p")).rejects.toMatchObject({
      code: "TAGPOOL_IN_USE",
      message: "1 tags of pool p still in use.",
    });
    expect(await pools.freeTags("p")).toEqual(tags("p", "b"));
    await pools.release(["p", "a"]);
    await pools.purge("p");
    expect(await keyValue.keys()).toEqual([]);
    expect(await pools.acquire("p")).toBeNull();
  });

  it("S34 give a specific tag only when it is free", async () => {
    const pools = new TagPools((await open()).keyValue);
    await pools.declare(tags("p", "a", "b", "c"));
    expect(await pools.acquireSpecific(["p", "b"], { owner: "me" })).toEqual(["p", "b"]);
    expect(await pools.acquireSpecific(["p", "b"])).toBeNull();
    expect(await pools.acquireSpecific(["p", "undeclared"])).toBeNull();
    expect(await pools.freeTags("p")).toEqual(tags("p", "a", "c"));
  });

  it("M70 S37 remember owner and reason, with a fractional time, also after release", async () => {
    const { keyValue, clock } = await open();
    const pools = new TagPools(keyValue, clock);
    await clock.advance(1_500);
    await pools.declare(tags("p", "a", "b"));
    await pools.acquire("p", { owner: "campaign", reason: { why: "test", owner: "x" } });
    await pools.acquire("p");
    const timestamp = clock.now() / 1_000;
    const reason = { why: "test", timestamp, owner: "campaign" };
    expect(timestamp % 1).toBe(0.5);
    expect(await pools.acquiredBy(["p", "a"])).toEqual({ owner: "campaign", reason });
    expect(await pools.acquiredBy(["p", "b"])).toEqual({ owner: null, reason: { timestamp, owner: null } });
    expect(await pools.acquiredBy(["p", "undeclared"])).toEqual({ owner: null, reason: null });
    expect(await pools.ownedTags("campaign")).toEqual(tags("p", "a"));
    expect(await pools.ownedTags(null)).toEqual(tags("p", "b"));
    await pools.release(["p", "a"]);
    await pools.release(["p", "b"]);
    expect([await pools.ownedTags("campaign"), await pools.ownedTags(null)]).toEqual([[], []]);
    expect(await pools.acquiredBy(["p", "a"])).toEqual({ owner: "campaign", reason });
  });

  it("are not changed by releasing what is not in use", async () => {
    const pools = new TagPools((await open()).keyValue);
    await pools.declare(tags("p", "a"));
    await pools.release(["p", "a"]);
    await pools.release(["nowhere", "x"]);
    expect(await pools.freeTags("p")).toEqual(tags("p", "a"));
  });

  it("S38 have metadata, which is replaced as a whole and may be empty", async () => {
    const { keyValue } = await open();
    const pools = new TagPools(keyValue);
    expect(await pools.metadata("p")).toEqual({});
    await pools.setMetadata("p", { transport_type: "sms", list: [1, null], __proto__: undefined as never });
    await pools.setMetadata("p", { transport_type: "ussd" });
    expect(await pools.metadata("p")).toEqual({ transport_type: "ussd" });
    expect(await pools.pools()).toEqual(["p"]);
    await pools.setMetadata("p", {});
    expect(await pools.metadata("p")).toEqual({});
    await keyValue.hset("tagpools:p:metadata", { broken: "{" });
    await expect(pools.metadata("p")).rejects.toMatchObject({ code: "COMPONENT_STORED_VALUE_INVALID" });
  });

  it("M71 S37 may have names, owners and metadata in any letters", async () => {
    const pools = new TagPools((await open()).keyValue);
    await pools.declare(tags("póòl", "täg", "🙂"));
    expect(await pools.acquire("póòl", { owner: "öwner", reason: { ü: "ß" } })).toEqual(["póòl", "täg"]);
    expect(await pools.acquire("póòl", { owner: "öwner" })).toEqual(["póòl", "🙂"]);
    expect(await pools.ownedTags("öwner")).toEqual(tags("póòl", "täg", "🙂"));
    await pools.setMetadata("póòl", { kéy: "välue" });
    expect(await pools.metadata("póòl")).toEqual({ kéy: "välue" });
    await pools.release(["póòl", "🙂"]);
    expect(await pools.ownedTags("öwner")).toEqual(tags("póòl", "täg"));
  });

  it("never give one tag to two that ask at the same time", async () => {
    const { keyValue } = await open();
    const names = Array.from({ length: 450 }, (_, index) => `t${String(index).padStart(3, "0")}`);
    await new TagPools(keyValue).declare(tags("p", ...names));
    const taken = await Promise.all(Array.from({ length: 20 }, () => new TagPools(keyValue).acquire("p")));
    expect(new Set(taken.map((tag) => tag?.[1]))).toEqual(new Set(names.slice(0, 20)));
    expect(await keyValue.llen("tagpools:p:free:list")).toBe(430);
    expect(await keyValue.scard("tagpools:p:free:set")).toBe(430);
  });

  it("have Vumi's keys", async () => {
    const { keyValue, clock } = await open();
    const pools = new TagPools(keyValue, clock);
    await pools.declare(tags("p", "ä", "b"));
    await pools.acquireSpecific(["p", "ä"], { owner: "me" });
    expect(await keyValue.smembers("tagpools:list")).toEqual(["p"]);
    expect(await keyValue.lrange("tagpools:p:free:list", 0, -1)).toEqual(["b"]);
    expect(await keyValue.smembers("tagpools:p:free:set")).toEqual(["b"]);
    expect(await keyValue.smembers("tagpools:p:inuse:set")).toEqual(["ä"]);
    expect(JSON.parse((await keyValue.hget("tagpools:p:reason:hash", "ä")) ?? "")).toMatchObject({ owner: "me" });
    expect(await keyValue.smembers("tagpools:owners:me:tags")).toEqual(['["p", "\\u00e4"]']);
  });
});

it("a tag is the same text as Python writes", () => {
  // Recorded with json.dumps of Python 3.11.
  expect(pythonJsonPair(["p/", '"\\\b\f\n\r\t'])).toBe(String.raw`["p/", "\"\\\b\f\n\r\t"]`);
  expect(pythonJsonPair(["\u007f\u0080é", "\u2028🙂\u0001"])).toBe(
    String.raw`["\u007f\u0080\u00e9", "\u2028\ud83d\ude42\u0001"]`,
  );
});
