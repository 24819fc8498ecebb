// The Redis engine keeps the contract.

import { openKeyValue } from "@switchboard/storage";
import { keyValueContract } from "@switchboard/storage/testing";
import { describeWithServer, until } from "@switchboard/testkit";

describeWithServer("redis", "on a real Redis", (server) => {
  keyValueContract("Redis", {
    open: (options) => openKeyValue({ driver: "redis", url: server().url, ...options }),
    pass: async (_ms, isOver) => void (await until(isOver)),
  });
});
