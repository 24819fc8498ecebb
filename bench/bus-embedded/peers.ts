// What the embedded bus is measured against: the same path (publish safely, hand over, acknowledge) done by other means.

import { closeSync, fdatasyncSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { startRedis, tempFolder } from "@switchboard/testkit";
import { openSqlite } from "@switchboard/storage/sqlite";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { open } from "lmdb";
import type { Contender } from "../harness.ts";

/** A contender that holds files or connections. */
export interface Peer extends Contender {
  close(): void | Promise<void>;
}

const ignore = (): void => undefined;
const preallocatedBytes = 67_108_864;

/** The limit: an append-only file, `batch` messages to a write, each write synchronised. Nothing can be found or removed in it. */
export function appendOnlyFile(name: string, body: Buffer, batch: number): Peer {
  const file = openSync(join(tempFolder(), "log"), "w");
  writeSync(file, Buffer.alloc(preallocatedBytes));
  fsyncSync(file);
  const record = Buffer.alloc(batch * Math.max(body.length, 1), body);
  let at = 0;
  return {
    name,
    run(operations) {
      for (let done = 0; done < operations; done += batch) {
        if (at + record.length > preallocatedBytes) at = 0;
        writeSync(file, record, 0, record.length, at);
        fdatasyncSync(file);
        at += record.length;
      }
    },
    close: () => closeSync(file),
  };
}

/** SQLite without a bus around it: on one thread, `batch` messages to a transaction that also removes those of the one before. */
export function plainSqlite(name: string, body: Buffer, batch: number): Peer {
  const database = openSqlite(join(tempFolder(), "plain.db"), { exclusive: true });
  database.exec("CREATE TABLE message (id INTEGER PRIMARY KEY, body BLOB)");
  const [begin, commit] = [database.prepare("BEGIN"), database.prepare("COMMIT")];
  const insert = database.prepare("INSERT INTO message VALUES (?, ?)");
  const remove = database.prepare("DELETE FROM message WHERE id = ?");
  let last = 0;
  let handled = 0;
  let claimed: number[] = [];
  return {
    name,
    run(operations) {
      const end = handled + operations;
      while (handled < end) {
        begin.run();
        for (const id of claimed) remove.run(id);
        claimed = [];
        for (let index = 0; index < batch; index++) {
          insert.run(++last, body);
          claimed.push(last);
        }
        commit.run();
        handled += claimed.length;
      }
    },
    close: () => database.close(),
  };
}

/** LMDB, waiting for each commit to be on disk; it gathers the writes of one turn into one commit by itself. */
export function lmdbDurable(name: string, body: Buffer, inFlight: number): Peer {
  const database = open<Buffer, number>({
    path: join(tempFolder(), "lmdb"),
    encoding: "binary",
    overlappingSync: false,
  });
  let last = 0;
  return {
    name,
    async run(operations) {
      let left = operations;
      let removed: Promise<boolean> | undefined;
      const slot = async (): Promise<void> => {
        while (left-- > 0) {
          const id = ++last;
          await database.put(id, body);
          removed = database.remove(id);
        }
      };
      await Promise.all(Array.from({ length: inFlight }, slot));
      await removed;
    },
    close: () => database.close(),
  };
}

/** BullMQ on a Redis that synchronises its append-only file once a second, which is less than what the others promise. */
export async function bullMq(name: string, body: Buffer, inFlight: number): Promise<Peer> {
  const server = await startRedis();
  const connection = new Redis(server.port, "127.0.0.1", { maxRetriesPerRequest: null });
  const queue = new Queue("bench", { connection, defaultJobOptions: { removeOnComplete: true } });
  const text = body.toString("latin1");
  let handled: (value: unknown) => void = ignore;
  const worker = new Worker("bench", async ({ data }) => handled(data), { connection, concurrency: inFlight });
  await worker.waitUntilReady();
  const run = async (operations: number): Promise<void> => {
    let published = 0;
    let count = 0;
    await new Promise<void>((resolve, reject) => {
      const publish = (): void => {
        if (published++ < operations) queue.add("message", text).catch(reject);
      };
      handled = (data) => {
        if (data !== text) reject(new Error("BullMQ changed the message"));
        publish();
        if (++count === operations) resolve();
      };
      for (let slot = 0; slot < inFlight; slot++) publish();
    });
  };
  return {
    name,
    check: () => run(inFlight * 2),
    run,
    async close() {
      await worker.close();
      await queue.close();
      connection.disconnect();
      await server.stop();
    },
  };
}
