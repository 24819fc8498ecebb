// A dispatcher with one router between transports and applications in memory, for the tests of routers.

import type { Bus, Delivery } from "@switchboard/bus";
import { createMemoryBus } from "@switchboard/bus/testing";
import type { Logger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { openKeyValue, type KeyValueStore } from "@switchboard/storage";
import { type ConfigFields, fieldsOf } from "../../src/config/fields.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { ConfigSource } from "../../src/config/source.ts";
import { eventCodec, userMessageCodec } from "../../src/message/codec.ts";
import { createEvent, type TransportEvent } from "../../src/message/event.ts";
import { createUserMessage, type UserMessage } from "../../src/message/user-message.ts";
import { type DispatchConfig, DispatchWorker } from "../../src/worker/dispatch-worker.ts";
import { type MiddlewareEntry, MiddlewareStack } from "../../src/worker/middleware.ts";
import type { Router, RouterContext } from "../../src/worker/router.ts";
import type { Worker, WorkerContext } from "../../src/worker/worker.ts";

/** What a test may say about its dispatcher. */
export interface Setting {
  readonly transports: readonly string[];
  readonly applications: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly middleware?: readonly MiddlewareEntry[];
  readonly unrouted?: "park" | "log";
}

/** A running dispatcher and what came out of it. */
export interface Running {
  readonly bus: Bus;
  readonly clock: TestClock;
  readonly keyValue: KeyValueStore;
  readonly worker: Worker;
  /** Log lines of level warning and error. */
  readonly logged: string[];
  /** What arrived under each routing key, decoded. */
  readonly arrived: Record<string, (UserMessage | TransportEvent)[]>;
  readonly send: (key: string, message: UserMessage | TransportEvent) => Promise<void>;
  readonly parked: (queue: string) => Promise<(string | undefined)[]>;
  readonly close: () => Promise<void>;
}

type RouterUnderTest = (new (config: never, context: RouterContext) => Router) & { readonly fields: ConfigFields };
type DispatcherUnderTest = (new (config: never, context: WorkerContext) => Worker) & { readonly fields: ConfigFields };

/** Starts a dispatcher with `router`. */
export function runRouter(router: RouterUnderTest, setting: Setting): Promise<Running> {
  return run(setting, async (context) => {
    const config = await readConfig(fieldsOf(router), new ConfigSource(setting.config));
    const { transports, applications, unrouted = "park" } = setting;
    const dispatch = { transport_names: transports, exposed_names: applications, unrouted };
    return new DispatchWorker(
      dispatch as unknown as DispatchConfig,
      context,
      (own) => new router(config as never, own),
    );
  });
}

/** Starts a dispatcher that is a worker class of its own. */
export function runDispatcher(dispatcher: DispatcherUnderTest, setting: Setting): Promise<Running> {
  return run(setting, async (context) => {
    const config = await readConfig(fieldsOf(dispatcher), new ConfigSource(setting.config));
    return new dispatcher(config as never, context);
  });
}

async function run(setting: Setting, create: (context: WorkerContext) => Promise<Worker>): Promise<Running> {
  const clock = new TestClock();
  const bus = createMemoryBus({ clock });
  const keyValue = await openKeyValue({ driver: "memory", clock });
  const logged: string[] = [];
  const note = (_fields: object, message: string): void => void logged.push(message);
  const logger: Logger = { debug: () => undefined, info: () => undefined, warn: note, error: note };
  const worker = await create({
    name: "dispatcher",
    bus,
    keyValue,
    clock,
    logger,
    newId: () => "unused",
    middleware: new MiddlewareStack(setting.middleware ?? []),
    consume: { prefetch: 20, maxDeliveries: 1 },
    handlerTimeoutMs: 60_000,
  });
  await worker.start();
  const arrived: Running["arrived"] = {};
  const outlets = [
    ...setting.transports.map((name) => `${name}.outbound`),
    ...setting.applications.flatMap((name) => [`${name}.inbound`, `${name}.event`]),
  ];
  for (const key of outlets) {
    arrived[key] = [];
    const codec = key.endsWith(".event") ? eventCodec : userMessageCodec;
    await bus.consume(key, {}, ({ body }: Delivery) => void arrived[key]?.push(codec.decode(body)));
  }
  return {
    bus,
    clock,
    keyValue,
    worker,
    logged,
    arrived,
    send: async (key, message) => {
      await bus.publish(key, JSON.stringify(message));
      await clock.advance(0);
    },
    parked: async (queue) => {
      const { messages } = await bus.parking.list(queue);
      return messages.map(({ history }) => history.at(-1)?.code);
    },
    close: async () => {
      await worker.stop();
      await bus.close();
      await keyValue.close();
    },
  };
}

/** A message as tests need it; `transport_name` is "t1". */
export function message(fields: Partial<UserMessage> = {}): UserMessage {
  const base = createUserMessage({
    to_addr: "8000",
    from_addr: "+27831",
    transport_name: "t1",
    transport_type: "sms",
    content: "hi",
  });
  return { ...base, ...fields };
}

/** An ack of `user_message_id` from the transport `transport_name`. */
export function ack(user_message_id: string, transport_name: string | null = "t1"): TransportEvent {
  return createEvent({ event_type: "ack", user_message_id, sent_message_id: "s", transport_name });
}
