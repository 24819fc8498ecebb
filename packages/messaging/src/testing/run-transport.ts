// Runs a transport as a test needs it: on a bus in memory, and an application's end to see what it says and to give it messages.

import { createMemoryBus } from "@switchboard/bus/testing";
import { type Bus, BusError } from "@switchboard/bus";
import { type Logger, silentLogger } from "@switchboard/core";
import { sequentialIds, TestClock } from "@switchboard/core/testing";
import { openKeyValue } from "@switchboard/storage";
import type { LoadedClass } from "../config/fields.ts";
import { ConfigSource } from "../config/source.ts";
import { eventCodec, failureCodec, statusCodec, userMessageCodec } from "../message/codec.ts";
import type { TransportEvent } from "../message/event.ts";
import type { FailureMessage } from "../message/failure.ts";
import type { TransportStatus } from "../message/status.ts";
import { createUserMessage, type UserMessage, type UserMessageFields } from "../message/user-message.ts";
import { createWorker } from "../worker/create-worker.ts";
import type { Transport } from "../worker/transport.ts";

/** What a test may say about its transport. */
export interface RunTransportOptions {
  /** As in a configuration file; `transport_name` is "channel" and `publish_status` true unless given. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly clock?: TestClock;
  readonly logger?: Logger;
  /** Classes that the configuration names, such as middleware. */
  readonly classes?: Readonly<Record<string, unknown>>;
}

/** A running transport, and what it has published so far, oldest first. */
export interface RunningTransport<Kind extends Transport> {
  readonly transport: Kind;
  readonly bus: Bus;
  readonly clock: TestClock;
  readonly inbound: readonly UserMessage[];
  readonly events: readonly TransportEvent[];
  readonly failures: readonly FailureMessage[];
  readonly statuses: readonly TransportStatus[];
  /** From now on the bus refuses what the transport publishes under keys that end in `ending`; undefined: nothing any more. */
  readonly refusePublishes: (ending: string | undefined) => void;
  /** How many publishes were refused so far. */
  readonly refusals: () => number;
  /** Gives it an outbound message; resolves with the message once it is on the bus. */
  readonly send: (fields: Partial<UserMessageFields>) => Promise<UserMessage>;
  readonly stop: () => Promise<void>;
}

/** Starts `transport`. Stop it at the end of the test. */
export async function runTransport<Kind extends Transport>(
  transport: abstract new (...args: never[]) => Kind,
  options: RunTransportOptions = {},
): Promise<RunningTransport<Kind>> {
  const { clock = new TestClock(), logger = silentLogger } = options;
  const keyValue = await openKeyValue({ driver: "memory", clock });
  const bus = createMemoryBus({ clock });
  const defaults = { transport_name: "channel", publish_status: true, max_deliveries: 1 };
  const source = new ConfigSource({ ...defaults, ...options.config });
  const name = String(source.values["transport_name"]);
  const inbound: UserMessage[] = [];
  const events: TransportEvent[] = [];
  const failures: FailureMessage[] = [];
  const statuses: TransportStatus[] = [];
  await bus.consume(`${name}.inbound`, {}, ({ body }) => void inbound.push(userMessageCodec.decode(body)));
  await bus.consume(`${name}.event`, {}, ({ body }) => void events.push(eventCodec.decode(body)));
  await bus.consume(`${name}.failures`, {}, ({ body }) => void failures.push(failureCodec.decode(body)));
  await bus.consume(`${name}.status.status`, {}, ({ body }) => void statuses.push(statusCodec.decode(body)));

  const plan = { name: "transport", className: "transport", source };
  const moody = moodyBus(bus);
  const worker = await createWorker(plan, {
    bus: moody.bus,
    openKeyValue: () => Promise.resolve(keyValue),
    classes: { load: (className) => Promise.resolve((options.classes?.[className] ?? transport) as LoadedClass) },
    clock,
    logger,
    newId: sequentialIds("id"),
  });
  await worker.start();
  const newId = sequentialIds("out");
  return {
    transport: worker as Kind,
    bus,
    clock,
    inbound,
    events,
    failures,
    statuses,
    refusePublishes: moody.refuse,
    refusals: moody.refusals,
    send: async (fields) => {
      const base = { to_addr: "+27831", from_addr: "8000", transport_name: name, transport_type: "sms", content: "hi" };
      const message = createUserMessage({ ...base, ...fields }, { clock, newId });
      await bus.publish(`${name}.outbound`, userMessageCodec.encode(message));
      return message;
    },
    stop: async () => {
      await worker.stop();
      await bus.close();
      await keyValue.close();
    },
  };
}

/** A bus that refuses to publish on demand; nothing else about it is different. */
function moodyBus(bus: Bus): {
  readonly bus: Bus;
  readonly refuse: (ending: string | undefined) => void;
  readonly refusals: () => number;
} {
  let refused: string | undefined;
  let refusals = 0;
  return {
    bus: {
      declareExchange: (exchange) => bus.declareExchange(exchange),
      declareQueue: (queue) => bus.declareQueue(queue),
      publish: (key, body, options) => {
        if (refused === undefined || !key.endsWith(refused)) return bus.publish(key, body, options);
        refusals++;
        return Promise.reject(new BusError("BUS_OVERLOADED", "refused by the test"));
      },
      consume: (queue, options, handler) => bus.consume(queue, options, handler),
      inspect: (queue) => bus.inspect(queue),
      parking: bus.parking,
      close: (options) => bus.close(options),
    },
    refuse: (ending) => (refused = ending),
    refusals: () => refusals,
  };
}
