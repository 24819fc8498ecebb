// A message store for each test of a suite, and what its tests make again and again.

import { TestClock } from "@switchboard/core/testing";
import type { Sql } from "@switchboard/storage";
import { afterEach, beforeEach } from "vitest";
import { createEvent, type EventFields, type TransportEvent } from "../../src/message/event.ts";
import { formatTimestamp } from "../../src/message/timestamp.ts";
import { createUserMessage, type UserMessage, type UserMessageFields } from "../../src/message/user-message.ts";
import { type MessageStore, openMessageStore } from "../../src/store/message-store.ts";

/** What a test has. */
export interface StoreWorld {
  readonly database: Sql;
  readonly clock: TestClock;
  readonly store: MessageStore;
  /** A message like any other. */
  readonly message: (messageId: string, fields?: Partial<UserMessageFields>) => UserMessage;
  /** The timestamp of a message that was written that many seconds from now. */
  readonly at: (seconds: number) => { readonly timestamp: string };
  readonly event: (fields: EventFields) => TransportEvent;
  readonly ack: (id: string, fields?: Partial<EventFields>) => TransportEvent;
  readonly report: (id: string, status: DeliveryStatus, fields?: Partial<EventFields>) => TransportEvent;
  /** The ids of a batch, in the order of keys. */
  readonly keysOf: (batch: string, direction?: "inbound" | "outbound") => Promise<readonly string[]>;
  /** Stores messages `m0`, `m1`, … in a batch, ten seconds apart. */
  readonly fill: (
    batchId: string,
    count: number,
    fields?: (index: number) => Partial<UserMessageFields>,
  ) => Promise<void>;
}

type DeliveryStatus = "pending" | "failed" | "delivered";

/** Opens a store before each test of the suite around it, and closes it and its database after it. */
export function storeWorld(open: () => Promise<Sql>): StoreWorld {
  let database: Sql;
  let clock: TestClock;
  let store: MessageStore;

  beforeEach(async () => {
    database = await open();
    clock = new TestClock();
    store = await openMessageStore({ sql: database, clock });
  });

  afterEach(async () => {
    await store.close();
    await database.close();
  });

  const message: StoreWorld["message"] = (message_id, fields = {}) => {
    const addresses = { to_addr: "8000", from_addr: "+27831", transport_name: "sms", transport_type: "sms" };
    return createUserMessage({ message_id, ...addresses, content: "hi", ...fields }, { clock });
  };
  const at: StoreWorld["at"] = (seconds) => ({ timestamp: formatTimestamp(clock.now() + seconds * 1_000) });
  const event: StoreWorld["event"] = (fields) => createEvent(fields, { clock });
  const ack: StoreWorld["ack"] = (id, fields = {}) =>
    event({ event_type: "ack", sent_message_id: "s", user_message_id: id, ...fields } as EventFields);
  const report: StoreWorld["report"] = (id, delivery_status, fields = {}) =>
    event({ event_type: "delivery_report", delivery_status, user_message_id: id, ...fields } as EventFields);
  const keysOf: StoreWorld["keysOf"] = async (batch, direction = "inbound") =>
    (await store.batches.keys(batch, direction)).rows;
  const fill: StoreWorld["fill"] = async (batchId, count, fields = () => ({})) => {
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        store.addMessage("inbound", message(`m${index}`, { ...at(index * 10), ...fields(index) }), { batchId }),
      ),
    );
  };

  return {
    get database() {
      return database;
    },
    get clock() {
      return clock;
    },
    get store() {
      return store;
    },
    message,
    at,
    event,
    ack,
    report,
    keysOf,
    fill,
  };
}
