// What everything else stands on: the bus, the key-value store, the database and what is kept in it. Opened as the file says, closed by the steps.

import type { Bus } from "@switchboard/bus";
import { type MessageStore, openMessageStore } from "@switchboard/messaging/store";
import { Datastore } from "@switchboard/server/datastore";
import { type KeyValueOptions, type KeyValueStore, openKeyValue, openSql, type SqlOptions } from "@switchboard/storage";
import { busOf, databaseOf, keyValueOf } from "./config/engines.ts";
import type { ResolvedOptions } from "./gateway-options.ts";
import { type BusChoice, openBus } from "./run-worker.ts";
import type { Steps } from "./steps.ts";

/** What was opened, and how, since another process may have to open the same. */
export interface Engines {
  readonly bus: Bus;
  readonly busChoice: BusChoice;
  readonly keyValue: KeyValueStore;
  readonly keyValueOptions: KeyValueOptions;
  readonly datastore: Datastore;
  /** Undefined when messages are not stored. */
  readonly messageStore: MessageStore | undefined;
  readonly storeOptions: SqlOptions | undefined;
}

const dayMs = 86_400_000;

/** Opens the engines of a file, one after another. */
export async function openEngines({ file, clock, logger }: ResolvedOptions, steps: Steps): Promise<Engines> {
  const busChoice = busOf(file);
  const bus = await steps.take({ name: "bus", start: () => openBus(busChoice, logger), stop: (one) => one.close() });
  const keyValueOptions = keyValueOf(file);
  const keyValue = await steps.take({
    name: "keyvalue",
    start: () => openKeyValue(keyValueOptions),
    stop: (one) => one.close(),
  });
  const sql = await steps.take({
    name: "database",
    start: () => openSql(databaseOf(file)),
    stop: (one) => one.close(),
  });
  const datastore = await steps.take({
    name: "datastore",
    start: () => Datastore.open(sql, { clock, logger }),
    stop: (one) => one.close(),
  });
  const { store } = file.config;
  if (!store.enabled) {
    return { bus, busChoice, keyValue, keyValueOptions, datastore, messageStore: undefined, storeOptions: undefined };
  }
  const retention = { keepMs: store["retention-days"] * dayMs };
  const messageStore = await steps.take({
    name: "message store",
    start: () => openMessageStore({ sql, clock, logger, retention }),
    stop: (one) => one.close(),
  });
  return { bus, busChoice, keyValue, keyValueOptions, datastore, messageStore, storeOptions: databaseOf(file) };
}
