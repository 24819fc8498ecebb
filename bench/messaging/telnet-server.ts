// A telnet channel with an echo behind it on an embedded bus, in a process of its own, so that its memory is only its own.

import { openEmbeddedBus } from "@switchboard/bus/embedded";
import { silentLogger, systemClock } from "@switchboard/core";
import { builtInClasses } from "@switchboard/gateway";
import { createWorker, newMessageId } from "@switchboard/messaging";
import { ConfigSource } from "@switchboard/messaging/config";
import { openKeyValue } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import { portOf } from "./echo-workers.ts";

const bus = await openEmbeddedBus({ path: tempFolder() });
const keyValue = await openKeyValue({ driver: "memory", clock: systemClock });
const base = { transport_name: "phones", amqp_prefetch_count: 256 };
const endpoint = { twisted_endpoint: "tcp:port=0:interface=127.0.0.1" };
const configs = { EchoWorker: base, TelnetServerTransport: { ...base, ...endpoint } };

for (const [className, config] of Object.entries(configs)) {
  const worker = await createWorker(
    { name: className, className, source: new ConfigSource(config) },
    {
      bus,
      openKeyValue: () => Promise.resolve(keyValue),
      classes: builtInClasses(),
      clock: systemClock,
      logger: silentLogger,
      newId: newMessageId,
    },
  );
  await worker.start();
  if (portOf(worker) > 0) process.send?.(portOf(worker));
}

process.on("message", () => {
  globalThis.gc?.();
  process.send?.(process.memoryUsage.rss());
});
