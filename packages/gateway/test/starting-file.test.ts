import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "@switchboard/testkit";
import { expect, it } from "vitest";
import { checkGatewayFile } from "../src/config/check-file.ts";
import { loadGatewayFile, tryOutFile } from "../src/config/gateway-file.ts";
import { type StartingChoices, startingFile } from "../src/config/starting-file.ts";

async function written(choices: StartingChoices) {
  const { name } = await tryOutFile(tempFolder());
  const path = join(tempFolder(), "switchboard.yaml");
  const text = startingFile(readFileSync(name, "utf8"), choices);
  writeFileSync(path, text);
  return { path, text, config: (await loadGatewayFile(path)).config };
}

it("keeps comments, takes engines and names, and leaves nothing wrong", async () => {
  const { path, text, config } = await written({
    name: "clinic",
    environment: "production",
    amqp: "amqp://broker/",
    postgresql: "postgresql://db/x",
    redis: "redis://cache/",
    channels: ["http"],
  });
  expect(await checkGatewayFile(path)).toMatchObject({ problems: [] });
  expect(config.gateway).toMatchObject({ name: "clinic", environment: "production" });
  expect(config.bus).toMatchObject({ driver: "amqp", url: "amqp://broker/" });
  expect(config.datastore).toMatchObject({ driver: "postgresql", dsn: "postgresql://db/x" });
  expect(config.keyvalue).toMatchObject({ driver: "redis", dsn: "redis://cache/" });
  expect(Object.keys(config.workers)).toEqual(["http", "router", "menu", "echo"]);
  expect(config.workers["router"]?.config).toMatchObject({ transport_names: ["http"] });
  expect(text).toContain("# the console");
  expect(text).not.toContain("*120*1#");
});

it("without choices is the try-out with the embedded engines", async () => {
  const { path, config } = await written({ channels: ["telnet", "http"] });
  expect(await checkGatewayFile(path)).toMatchObject({ problems: [] });
  expect(config.gateway.environment).toBe("development");
  expect([config.bus.driver, config.datastore.driver, config.keyvalue.driver]).toEqual([
    "embedded",
    "sqlite",
    "sqlite",
  ]);
});
