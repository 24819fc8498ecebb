// Runs an application as a test needs it: on a bus in memory, a clock that stands still, and a person to talk to it.

import { createMemoryBus } from "@switchboard/bus/testing";
import { type Logger, silentLogger } from "@switchboard/core";
import { sequentialIds, TestClock } from "@switchboard/core/testing";
import { type KeyValueStore, openKeyValue } from "@switchboard/storage";
import { ConfigSource } from "../config/source.ts";
import type { LoadedClass } from "../config/fields.ts";
import { eventCodec, userMessageCodec } from "../message/codec.ts";
import { createEvent, type EventFields } from "../message/event.ts";
import { createUserMessage, type UserMessage, type UserMessageFields } from "../message/user-message.ts";
import { createWorker } from "../worker/create-worker.ts";
import type { Worker } from "../worker/worker.ts";

/** What a test may say about its application. */
export interface RunApplicationOptions {
  /** As in a configuration file; `transport_name` is "app" unless given. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly clock?: TestClock;
  /** Default a fresh one in memory. */
  readonly keyValue?: KeyValueStore;
  readonly logger?: Logger;
}

/** A running application and somebody who talks to it. */
export interface RunningApplication {
  readonly worker: Worker;
  readonly clock: TestClock;
  readonly keyValue: KeyValueStore;
  /** Everything it has sent, oldest first. */
  readonly sent: readonly UserMessage[];
  /** Says something to it, as `from_addr` "+27831" unless told otherwise, and resolves with what it sent meanwhile. */
  readonly say: (content: string | null, fields?: Partial<UserMessageFields>) => Promise<UserMessage[]>;
  /** The same, for applications with one answer to everything: its content. */
  readonly ask: (content: string | null, fields?: Partial<UserMessageFields>) => Promise<string | null | undefined>;
  /** Reports something about a message it sent. */
  readonly report: (event: EventFields) => Promise<void>;
  /** Codes of the errors for which its messages were parked. */
  readonly parked: () => Promise<(string | undefined)[]>;
  readonly stop: () => Promise<void>;
}

/** Starts `application`. Stop it at the end of the test. */
export async function runApplication(
  application: LoadedClass,
  options: RunApplicationOptions = {},
): Promise<RunningApplication> {
  const { clock = new TestClock(), logger = silentLogger } = options;
  const keyValue = options.keyValue ?? (await openKeyValue({ driver: "memory", clock }));
  const bus = createMemoryBus({ clock });
  const plan = {
    name: "application",
    className: "application",
    source: new ConfigSource({ transport_name: "app", max_deliveries: 1, ...options.config }),
  };
  const classes = { load: () => Promise.resolve(application) };
  const openManager = (): Promise<KeyValueStore> => Promise.resolve(keyValue);
  const worker = await createWorker(plan, {
    bus,
    openKeyValue: openManager,
    classes,
    clock,
    logger,
    newId: sequentialIds("out"),
  });
  await worker.start();
  const sent: UserMessage[] = [];
  const newId = sequentialIds("in");
  const connector = String(plan.source.values["transport_name"]);
  await bus.consume(`${connector}.outbound`, {}, ({ body }) => void sent.push(userMessageCodec.decode(body)));

  const say = async (content: string | null, fields: Partial<UserMessageFields> = {}): Promise<UserMessage[]> => {
    const before = sent.length;
    const base = { to_addr: "8000", from_addr: "+27831", transport_name: "phones", transport_type: "ussd" };
    const message = createUserMessage({ ...base, content, ...fields }, { clock, newId });
    await bus.publish(`${connector}.inbound`, userMessageCodec.encode(message));
    await clock.advance(0);
    return sent.slice(before);
  };
  return {
    worker,
    clock,
    keyValue,
    sent,
    say,
    ask: async (content, fields) => (await say(content, fields)).at(-1)?.content,
    report: async (event) => {
      await bus.publish(`${connector}.event`, eventCodec.encode(createEvent(event, { clock, newId })));
      await clock.advance(0);
    },
    parked: async () => {
      const { messages } = await bus.parking.list(`${connector}.inbound`);
      return messages.map(({ history }) => history.at(-1)?.code);
    },
    stop: async () => {
      await worker.stop();
      await bus.close();
      if (options.keyValue === undefined) await keyValue.close();
    },
  };
}
