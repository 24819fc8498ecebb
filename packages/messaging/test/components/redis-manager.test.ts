import { expect, it } from "vitest";
import { redisManagerOptions } from "../../src/components/index.ts";

it("a redis_manager section says where the Redis is and what keys begin with", async () => {
  expect(await redisManagerOptions({})).toEqual({
    driver: "redis",
    url: "redis://127.0.0.1:6379/0",
    keySeparator: ":",
  });
  expect(
    await redisManagerOptions({
      host: "::1",
      port: "6380",
      db: 2,
      password: "p@ss",
      key_prefix: "vumi",
      key_separator: "#",
    }),
  ).toEqual({ driver: "redis", url: "redis://:p%40ss@[::1]:6380/2", keyPrefix: "vumi", keySeparator: "#" });
  await expect(redisManagerOptions({ port: "x" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});
