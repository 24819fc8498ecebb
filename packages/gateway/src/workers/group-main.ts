// The process of a group of workers, started by `group-host.ts`. It obeys the gateway at the other end of its IPC channel, and ends with it.

import { Dispatcher, type Message, systemClock } from "@switchboard/core";
import { ipcLink } from "@switchboard/links";
import { openMessageStore } from "@switchboard/messaging/store";
import { openKeyValue, openSql } from "@switchboard/storage";
import { pino } from "pino";
import { LinkedBus } from "../linked-bus/linked-bus.ts";
import { ObservationRelay } from "../observe/observation-relay.ts";
import { logStrayRejections } from "../observe/stray-rejections.ts";
import { openBus } from "../run-worker.ts";
import {
  fromPlainPlan,
  gatewayId,
  groupId,
  type GroupReport,
  type GroupSettings,
  type PlainPlan,
} from "./group-wire.ts";
import type { HostedWorker } from "./host.ts";
import { LocalHost } from "./local-host.ts";

const dispatcher = Dispatcher.default;
const logger = pino();
logStrayRejections(logger);
const workers = new Map<string, HostedWorker>();
let ending: Promise<void> | undefined;

// Node says it as text only, and only in the log; this is what the worker's last error will be.
process.on("uncaughtExceptionMonitor", (error) => logger.fatal({ err: error }, "the process ends"));
process.on("SIGTERM", () => void end());
// Ctrl-C reaches the whole process group; the gateway stops the workers one by one, in its order, and ends this process with SIGTERM.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => void end());

await dispatcher.join(ipcLink(process));
const settings = (await ask("settings")) as GroupSettings;
const bus =
  settings.bus.driver === "embedded" ? new LinkedBus(dispatcher, settings.busId) : await openBus(settings.bus, logger);
const keyValue = await openKeyValue(settings.keyValue);
const sql = settings.store === null ? undefined : await openSql(settings.store);
const messageStore = sql === undefined ? undefined : await openMessageStore({ sql, logger, maintains: false });
const observer = new ObservationRelay({
  clock: systemClock,
  send: async (batch) => void (await ask("observed", batch)),
});
const host = new LocalHost({ bus, keyValue, messageStore, observer, loggerOf: () => logger });

const calls: Readonly<Record<string, (content: never) => unknown>> = {
  start: (plan: PlainPlan) => start(plan),
  pause: (name: string) => workers.get(name)?.pause(),
  resume: (name: string) => workers.get(name)?.resume(),
  stop: (name: string) => stop(name),
  report: (): GroupReport => ({ memoryBytes: process.memoryUsage.rss() }),
};

dispatcher.register({
  id: groupId,
  handleMessageSync: () => {
    throw new TypeError("a group answers asynchronous messages only");
  },
  handleMessage: async ({ type, content }: Message) => {
    const call = Object.hasOwn(calls, type) ? calls[type] : undefined;
    if (call === undefined) throw new TypeError(`a group has no call ${JSON.stringify(type)}`);
    return (await call(content as never)) ?? null;
  },
});
await ask("ready");

function ask(type: string, content: unknown = null): Promise<unknown> {
  return dispatcher.send({ type, destinationId: gatewayId, responseRequired: true, content });
}

async function start(plan: PlainPlan): Promise<void> {
  workers.set(plan.name, await host.start(fromPlainPlan(settings.group, plan)));
}

async function stop(name: string): Promise<void> {
  await workers.get(name)?.stop();
  workers.delete(name);
}

async function end(): Promise<void> {
  ending ??= (async () => {
    for (const name of [...workers.keys()].toReversed()) await stop(name);
    await observer.close();
    await messageStore?.close();
    await sql?.close();
    await bus.close();
    await keyValue.close();
    await dispatcher.shutdown();
    if (process.connected) process.disconnect();
  })();
  await ending;
}
