// A message store with one batch in it, and a worker that serves it over HTTP on a free port.

import { createMemoryBus } from "@switchboard/bus/testing";
import { silentLogger, systemClock } from "@switchboard/core";
import { type KeyValueStore, openKeyValue, openSql } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import { ConfigSource } from "../../src/config/index.ts";
import {
  ClassRegistry,
  classKinds,
  createUserMessage,
  createWorker,
  messagingClasses,
  newMessageId,
  type UserMessage,
  type UserMessageFields,
} from "../../src/index.ts";
import { type MessageStore, openMessageStore } from "../../src/store/index.ts";
import type { StoreHttpWorker } from "../../src/store-http/store-http-worker.ts";

/** A store that is served. */
export interface ServedStore {
  readonly store: MessageStore;
  readonly batchId: string;
  readonly url: string;
  /** Stores a message in the batch, `second` seconds after the beginning. */
  readonly add: (second: number, fields?: Partial<UserMessageFields>) => Promise<UserMessage>;
  readonly stop: () => Promise<void>;
}

/** Starts it. */
export async function serveStore(className: string, config: object = {}): Promise<ServedStore> {
  const sql = await openSql({ driver: "sqlite", path: `${tempFolder()}/store.db` });
  const store = await openMessageStore({ sql });
  const keyValue: KeyValueStore = await openKeyValue({ driver: "memory" });
  const bus = createMemoryBus();
  const worker = (await createWorker(
    {
      name: "store",
      className,
      source: new ConfigSource({ web_path: "/api", twisted_endpoint: "tcp:0:interface=127.0.0.1", ...config }),
    },
    {
      bus,
      openKeyValue: () => Promise.resolve(keyValue),
      classes: new ClassRegistry(messagingClasses, classKinds),
      clock: systemClock,
      logger: silentLogger,
      newId: newMessageId,
      messageStore: store,
    },
  )) as StoreHttpWorker;
  await worker.start();
  const batchId = await store.batches.start();
  return {
    store,
    batchId,
    url: `http://127.0.0.1:${worker.port}/api`,
    add: async (second, fields = {}) => {
      const message = createUserMessage({
        to_addr: "8000",
        from_addr: "+271",
        content: `message ${second}`,
        transport_name: "sms",
        transport_type: "sms",
        timestamp: new Date(Date.UTC(2015, 3, 1, 12, 0, second)).toISOString().replace("T", " ").replace("Z", "000"),
        ...fields,
      });
      await store.addMessage("inbound", message, { batchIds: [batchId] });
      return message;
    },
    stop: async () => {
      await worker.stop();
      await bus.close();
      await store.close();
      await keyValue.close();
      await sql.close();
    },
  };
}
