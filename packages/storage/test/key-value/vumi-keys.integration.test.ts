// On Redis the keys are those that Vumi's components use, so that both can work on the same data.

import { openKeyValue } from "@switchboard/storage";
import { describeWithServer } from "@switchboard/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";

describeWithServer("redis", "a Redis shared with Vumi", (server) => {
  let redis: Redis | undefined;
  beforeAll(() => {
    redis = new Redis(server().url);
  });
  afterAll(() => {
    redis?.disconnect();
  });

  it("holds plain keys of the same types under <prefix>:<sub>:<key>", async () => {
    const store = await openKeyValue({ driver: "redis", url: server().url, keyPrefix: "vumi" });
    const tagpools = store.sub("tagpools");
    await tagpools.sadd("list", "pool");
    await tagpools.rpush("pool:free:list", "tag1", "tag2");
    await store.hset("session:+27831234567", { created_at: "1400000000.5", state: "menu" });
    await store.pexpire("session:+27831234567", 600_000);
    await store.zadd("windows", 1_400_000_000.25, "window");
    await store.set("count", "7");
    expect(await redis?.smembers("vumi:tagpools:list")).toEqual(["pool"]);
    expect(await redis?.lrange("vumi:tagpools:pool:free:list", 0, -1)).toEqual(["tag1", "tag2"]);
    expect(await redis?.hgetall("vumi:session:+27831234567")).toEqual({ created_at: "1400000000.5", state: "menu" });
    expect(await redis?.ttl("vumi:session:+27831234567")).toBe(600);
    expect(await redis?.zscore("vumi:windows", "window")).toBe("1400000000.25");
    await redis?.incr("vumi:count");
    await redis?.lpush("vumi:tagpools:pool:free:list", "tag0");
    expect([await store.get("count"), await tagpools.lrange("pool:free:list", 0, 0)]).toEqual(["8", ["tag0"]]);
    expect(await store.keys("session:*")).toEqual(["session:+27831234567"]);
    await store.close();
  });

  it("runs an atomic group as one script that others cannot come between", async () => {
    const store = await openKeyValue({ driver: "redis", url: server().url, keyPrefix: "group" });
    await store.rpush("waiting", "a");
    await store.atomic(async (group) => {
      const [next] = await group.lrange("waiting", -1, -1);
      await redis?.script("FLUSH");
      group.rpoplpush("waiting", "inflight");
      group.zadd("flightstats", 1.5, next ?? "");
    });
    expect(await redis?.lrange("group:inflight", 0, -1)).toEqual(["a"]);
    expect(await redis?.zscore("group:flightstats", "a")).toBe("1.5");
    const large = store.atomic(async (group) => group.rpush("large", ...Array.from({ length: 8_000 }, () => "x")));
    await expect(large).rejects.toMatchObject({ code: "STORAGE_ARGUMENT_INVALID" });
    expect(await store.exists("large")).toBe(false);
    await store.close();
  });
});
