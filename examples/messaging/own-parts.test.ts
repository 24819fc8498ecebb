// The router and the middleware of one's own, in the configuration that comes with them; and the README shows them as they are.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createMemoryBus } from "@switchboard/bus/testing";
import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { builtInClasses } from "@switchboard/gateway";
import { createUserMessage, createWorker, newMessageId, userMessageCodec } from "@switchboard/messaging";
import { loadConfigFile } from "@switchboard/messaging/config";
import { openKeyValue } from "@switchboard/storage";
import { expect, it, onTestFinished } from "vitest";

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

it("routes by length what the middleware has trimmed", async () => {
  const clock = new TestClock();
  const bus = createMemoryBus({ clock });
  const keyValue = await openKeyValue({ driver: "memory", clock });
  const file = await loadConfigFile(pathOf("own-parts.yaml"));
  // People come in by the bus here, not by telnet.
  const { phones: _telnet, ...workers } = file.values["workers"] as Record<string, string>;
  const worker = await createWorker(
    { name: "all", className: "MultiWorker", source: file.override({ workers }, "the test") },
    {
      bus,
      openKeyValue: () => Promise.resolve(keyValue),
      classes: builtInClasses(),
      clock,
      logger: silentLogger,
      newId: newMessageId,
    },
  );
  await worker.start();
  onTestFinished(async () => {
    await worker.stop();
    await bus.close();
    await keyValue.close();
  });
  const heard: (string | null)[] = [];
  await bus.consume("phones.outbound", {}, ({ body }) => void heard.push(userMessageCodec.decode(body).content));
  for (const content of ["  hello   ", "a longer message"]) {
    const message = createUserMessage({
      content,
      to_addr: "8000",
      from_addr: "+27831",
      transport_name: "phones",
      transport_type: "telnet",
    });
    await bus.publish("phones.inbound", userMessageCodec.encode(message));
    await clock.advance(0);
  }
  expect(heard).toEqual(["HELLO!", "3 words, 16 chars"]);
});

it.each(["by-length-router.ts", "trim-middleware.ts"])("is in the README as it is: %s", (name) => {
  const readme = readFileSync(pathOf("../../packages/messaging/README.md"), "utf8");
  const code = readFileSync(pathOf(name), "utf8").replace(/^(\/\/.*\n)+\n/, "");
  expect(readme).toContain(`\`\`\`ts\n// examples/messaging/${name}\n${code}\`\`\``);
});
