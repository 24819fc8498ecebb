import { createMemoryBus } from "@switchboard/bus/testing";
import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { openKeyValue, openSql, type Sql } from "@switchboard/storage";
import { openSqlite } from "@switchboard/storage/sqlite";
import { tempFolder, until } from "@switchboard/testkit";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ConfigSource } from "../../src/config/source.ts";
import { classKinds, messagingClasses } from "../../src/built-in.ts";
import { ClassRegistry } from "../../src/registry.ts";
import { eventCodec, userMessageCodec } from "../../src/message/codec.ts";
import { createEvent } from "../../src/message/event.ts";
import { createUserMessage, type UserMessage } from "../../src/message/user-message.ts";
import { type MessageStore, openMessageStore } from "../../src/store/message-store.ts";
import { createWorker } from "../../src/worker/create-worker.ts";
import type { HandledMessage, PublishedMessage } from "../../src/worker/observer.ts";
import type { Worker } from "../../src/worker/worker.ts";

const clock = new TestClock();
let path: string;
let sql: Sql;
let store: MessageStore;
let bus: ReturnType<typeof createMemoryBus>;
let worker: Worker | undefined;
let handled: HandledMessage[];
let published: PublishedMessage[];

beforeEach(async () => {
  path = join(tempFolder(), "store.db");
  sql = await openSql({ driver: "sqlite", path });
  store = await openMessageStore({ sql, clock });
  bus = createMemoryBus({ clock });
  handled = [];
  published = [];
});

afterEach(async () => {
  await worker?.stop();
  worker = undefined;
  await bus.close();
  await store.close();
  await sql.close();
});

async function start(options: { readonly storing?: object; readonly withStore?: boolean } = {}): Promise<void> {
  const { storing = {}, withStore = true } = options;
  const config = {
    transport_name: "app",
    middleware: [{ keep: "vumi.middleware.message_storing.StoringMiddleware" }],
    keep: storing,
  };
  worker = await createWorker(
    { name: "echo", className: "EchoWorker", source: new ConfigSource(config) },
    {
      bus,
      openKeyValue: () => openKeyValue({ driver: "memory", clock }),
      classes: new ClassRegistry(messagingClasses, classKinds),
      clock,
      logger: silentLogger,
      newId: () => "answer",
      messageStore: withStore ? store : undefined,
      observer: {
        handled: (one) => void handled.push(one),
        published: (one) => void published.push(one),
        passed: () => undefined,
      },
    },
  );
  await worker.start();
}

function said(content: string | null, helper_metadata = {}): UserMessage {
  const fields = { to_addr: "8000", from_addr: "+27", transport_name: "sms", transport_type: "sms" };
  return createUserMessage({ ...fields, content, message_id: "question", helper_metadata }, { clock });
}

async function say(message: UserMessage): Promise<void> {
  await bus.publish("app.inbound", userMessageCodec.encode(message));
}

it("S32 stores what a worker consumes and publishes, once, in the batch of its tag, and passes it on unchanged", async () => {
  const batch = await store.batches.start({ tags: [["pool", "tag"]] });
  await start();
  const question = said("hello", { tag: { tag: ["pool", "tag"] } });
  await say(question);
  await until(() => published.length === 1);
  const ack = createEvent({ event_type: "ack", user_message_id: "answer", sent_message_id: "s" }, { clock });
  await bus.publish("app.event", eventCodec.encode(ack));
  await until(() => handled.length === 2);
  expect(await store.read.message("inbound", "question")).toEqual(question);
  expect(await store.read.message("outbound", "answer")).toMatchObject({ content: "hello", in_reply_to: "question" });
  expect(await store.read.eventsOf("answer")).toEqual([ack]);
  expect((await store.batches.keys(batch, "inbound")).rows).toEqual(["question"]);
  expect((await store.batches.keys(batch, "outbound")).rows).toEqual(["answer"]);
  expect(await store.batches.status(batch)).toMatchObject({ sent: 1, ack: 1 });
});

it("M37 S32 stores only what is published when told so", async () => {
  await start({ storing: { store_on_consume: false } });
  await say(said("hello"));
  await until(() => published.length === 1);
  expect(await store.read.message("inbound", "question")).toBeUndefined();
  expect(await store.read.message("outbound", "answer")).toMatchObject({ content: "hello" });
});

it("refuses to start where there is no store", async () => {
  await expect(start({ withStore: false })).rejects.toMatchObject({ code: "WORKER_START_FAILED" });
  worker = undefined;
});

it("does not let a message go on that the store could not take", async () => {
  await start();
  await store.close();
  await say(said("hello"));
  await until(() => handled.length === 1);
  expect(published).toEqual([]);
  expect(handled[0]).toMatchObject({ outcome: "parked", attempt: 1, error: { code: "STORAGE_CLOSED" } });
  expect((await bus.parking.list("app.inbound")).messages).toHaveLength(1);
});

it("tells its observer what was handled and published, by which connector, how long it took and how it ended", async () => {
  await start();
  await say(said("hello"));
  await until(() => handled.length === 1);
  const common = {
    middleware: [{ name: "keep", took_ms: expect.any(Number) }],
    worker: "echo",
    workerKind: "application",
    connector: "app",
    at: clock.now(),
    tookMs: 0,
  };
  expect(handled).toEqual([
    {
      ...common,
      kind: "inbound",
      message: expect.objectContaining({ message_id: "question" }),
      publishedAt: clock.now(),
      attempt: 1,
      outcome: "handled",
      error: undefined,
    },
  ]);
  expect(published).toEqual([
    {
      ...common,
      kind: "outbound",
      message: expect.objectContaining({ message_id: "answer", in_reply_to: "question" }),
      rule: undefined,
      error: undefined,
    },
  ]);
});

it("lets messages go on before they are stored, but not while that takes long", async () => {
  await start();
  const answered: (string | null)[] = [];
  await bus.consume("app.outbound", {}, ({ body }) => void answered.push(userMessageCodec.decode(body).to_addr));
  const sayAs = (from_addr: string): Promise<void> => say({ ...said("hello"), from_addr, message_id: from_addr });
  const other = openSqlite(path);
  other.exec("BEGIN IMMEDIATE");
  await sayAs("first");
  await clock.advance(0);
  expect(answered).toEqual(["first"]);
  // They are being written, and wait for the lock.
  await until(() => store.pending === 0);
  expect(store.isInTrouble).toBe(false);
  await clock.advance(300);
  expect(store.isInTrouble).toBe(true);
  await sayAs("second");
  await clock.advance(0);
  expect(answered).toEqual(["first"]);
  other.exec("COMMIT");
  other.close();
  await until(() => answered.length === 2);
  await until(() => !store.isInTrouble);
});
