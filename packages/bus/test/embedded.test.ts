// What only the embedded bus can do or suffer: its files, its one owner, its thread, a full disk, a backlog larger than memory.

import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Delivery, mostFreed } from "@switchboard/bus";
import { type EmbeddedBus, openEmbeddedBus } from "@switchboard/bus/embedded";
import { TestClock } from "@switchboard/core/testing";
import { openSqlite } from "@switchboard/storage/sqlite";
import { smallDisk, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { crash, killThread, openBus } from "./embedded-kit.ts";

const queue = "work.inbound";
const open: EmbeddedBus[] = [];

async function newBus(options: Parameters<typeof openBus>[0]): Promise<EmbeddedBus> {
  const bus = await openBus(options);
  open.push(bus);
  return bus;
}

afterEach(async () => {
  for (const bus of open.splice(0)) await bus.close({ drainTimeoutMs: 0 });
});

/** Consumes and keeps every delivery; handlers end when the test says so. */
async function keep(bus: EmbeddedBus, prefetch: number): Promise<{ delivery: Delivery; resolve(): void }[]> {
  const kept: { delivery: Delivery; resolve(): void }[] = [];
  await bus.consume(queue, { prefetch }, (delivery) => new Promise((resolve) => void kept.push({ delivery, resolve })));
  return kept;
}

async function inspect(bus: EmbeddedBus) {
  const [info] = await bus.inspect(queue);
  if (info === undefined) throw new Error("the queue is not there");
  return info;
}

describe("one owner", () => {
  it("refuses a second one at once, in the same process and in another, and takes the next after a close", async () => {
    const path = tempFolder();
    const bus = await newBus({ path });
    await expect(openEmbeddedBus({ path })).rejects.toMatchObject({
      code: "STORAGE_LOCKED",
      details: { path: join(path, "bus.db") },
    });
    const other = spawnNode(new URL("./fixtures/embedded-owner.ts", import.meta.url), [path, join(path, "log")]);
    expect((await other.exited).code).not.toBe(0);
    expect(other.stderr()).toContain("STORAGE_LOCKED");
    await bus.close();
    await (await newBus({ path })).publish(queue, "x");
  });
});

describe("a place that is freed", () => {
  it("is taken by the next message, once for each, and by no more than so many", async () => {
    const bus = await newBus({ path: tempFolder() });
    const kept = await keep(bus, 1);
    for (let count = 0; count < mostFreed + 10; count++) await bus.publish(queue, "x");
    await until(() => kept.length === 1);
    kept[0]?.delivery.freePlace?.();
    kept[0]?.delivery.freePlace?.();
    await until(() => kept.length === 2);
    expect(await inspect(bus)).toMatchObject({ inFlight: 2, depth: mostFreed + 8 });
    for (let index = 1; index < kept.length; index++) {
      kept[index]?.delivery.freePlace?.();
      const next = Math.min(index + 2, mostFreed + 1);
      await until(() => kept.length === next);
    }
    expect(await inspect(bus)).toMatchObject({ inFlight: mostFreed + 1, depth: 9 });
    // One that is acknowledged gives back what it had: the place that it freed, not the one that the last still has.
    kept[0]?.resolve();
    await until(async () => (await inspect(bus)).inFlight === mostFreed);
    kept.at(-1)?.delivery.freePlace?.();
    await until(() => kept.length === mostFreed + 2);
    kept[1]?.delivery.freePlace?.();
    expect(await inspect(bus)).toMatchObject({ inFlight: mostFreed + 1, depth: 8 });
  });
});

describe("what a body was written from", () => {
  it("comes with a first delivery in the same process, to each queue, and never from the disk", async () => {
    const path = tempFolder();
    const clock = new TestClock();
    const decoded = Object.freeze({ says: "x" });
    const seen: (object | undefined)[] = [];
    const bus = await newBus({ path, clock });
    await bus.declareQueue({ queue: "copy.inbound", routingKeys: [queue] });
    await bus.consume(queue, { retryDelayMs: 10 }, (delivery) => {
      seen.push(delivery.decoded);
      if (delivery.attempt === 1) throw new Error("again");
    });
    await bus.publish(queue, "x", { decoded });
    await until(() => seen.length === 1);
    await inspect(bus);
    await clock.advance(10);
    await until(() => seen.length === 2);
    expect(seen).toEqual([decoded, undefined]);
    await bus.close();
    const copies: (object | undefined)[] = [];
    await (await newBus({ path })).consume("copy.inbound", {}, (delivery) => void copies.push(delivery.decoded));
    await until(() => copies.length === 1);
    expect(copies).toEqual([undefined]);
  });

  it("is kept for the first 256 that wait, as it takes more memory than the body", async () => {
    const bus = await newBus({ path: tempFolder() });
    const kept = await keep(bus, 1);
    const publish = (n: number): Promise<void> => bus.publish(queue, `${n}`, { decoded: { n } });
    await publish(0);
    await until(() => kept.length === 1);
    await Promise.all(Array.from({ length: 300 }, (_, n) => publish(n + 1)));
    for (let n = 0; n <= 300; n++) {
      await until(() => kept.length > n);
      kept[n]?.resolve();
    }
    const bodies = kept.map(({ delivery }) => delivery.body.toString());
    expect(bodies).toEqual(Array.from({ length: 301 }, (_, n) => `${n}`));
    const withIt = kept.filter(({ delivery }) => delivery.decoded !== undefined);
    expect(withIt.map(({ delivery }) => delivery.body.toString())).toEqual(bodies.slice(0, 257));
  });
});

describe("files", () => {
  it("of another program are refused", async () => {
    const path = tempFolder();
    const database = openSqlite(join(path, "bus.db"));
    database.exec("CREATE TABLE other (id INTEGER)");
    database.close();
    await expect(openEmbeddedBus({ path })).rejects.toMatchObject({ code: "BUS_FORMAT_UNKNOWN", retryable: false });
  });

  it("of a newer version are refused, and left as they are", async () => {
    const path = tempFolder();
    await (await newBus({ path })).close();
    const database = openSqlite(join(path, "bus.db"));
    database.exec("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)");
    database.close();
    const before = readFileSync(join(path, "bus.db"));
    await expect(openEmbeddedBus({ path })).rejects.toMatchObject({
      code: "BUS_FORMAT_UNKNOWN",
      message: expect.stringContaining("version 99"),
    });
    expect(readFileSync(join(path, "bus.db")).equals(before)).toBe(true);
  });

  it("that are damaged are refused", async () => {
    const path = tempFolder();
    writeFileSync(join(path, "bus.db"), Buffer.alloc(8_192, 7));
    await expect(openEmbeddedBus({ path })).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
  });

  it("cannot lie in a file, and their folder is made", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "file"), "");
    await expect(openEmbeddedBus({ path: join(folder, "file") })).rejects.toMatchObject({
      code: "STORAGE_PATH_INVALID",
    });
    await newBus({ path: join(folder, "made", "on the way") });
  });

  it("do not grow while as much is acknowledged as is published", async () => {
    const path = tempFolder();
    const bus = await newBus({ path });
    await bus.consume(queue, { prefetch: 100 }, () => undefined);
    const round = async (): Promise<number> => {
      for (let batch = 0; batch < 20; batch++) {
        await Promise.all(Array.from({ length: 200 }, () => bus.publish(queue, Buffer.alloc(500))));
      }
      return statSync(join(path, "bus.db")).size + statSync(join(path, "bus.db-wal")).size;
    };
    // Until the log has been through its first round.
    await round();
    const sizes = [await round(), await round(), await round(), await round()];
    expect(Math.max(...sizes)).toBeLessThan(16 * 2 ** 20);
  });
});

describe("a crash", () => {
  it("counts as a delivery for what was in handlers, and not for what waited behind", async () => {
    const path = tempFolder();
    const bus = await newBus({ path });
    const kept = await keep(bus, 2);
    for (const text of ["a", "b", "c", "d"]) await bus.publish(queue, text);
    await until(() => kept.length === 2);
    await crash(bus);

    const again = await keep(await newBus({ path }), 10);
    await until(() => again.length === 4);
    const attempts = again.map(({ delivery }) => [delivery.body.toString(), delivery.attempt]);
    expect(Object.fromEntries(attempts)).toEqual({ a: 2, b: 2, c: 1, d: 1 });
  });

  it("parks nothing that was not certainly in a handler", async () => {
    const path = tempFolder();
    const bus = await newBus({ path });
    const kept = await keep(bus, 1);
    await bus.publish(queue, "x");
    await until(() => kept.length === 1);
    await crash(bus);

    // One delivery is all it gets, but whether it had that one is only suspected: it may have waited for its handler.
    const second = await newBus({ path });
    const started: number[] = [];
    const hang = (): Promise<void> => new Promise(() => undefined);
    await second.consume(queue, { maxDeliveries: 1 }, ({ attempt }) => (started.push(attempt), hang()));
    await until(() => started.length === 1);
    expect(started).toEqual([2]);
    await crash(second);

    const third = await newBus({ path });
    await third.consume(queue, { maxDeliveries: 1 }, () => undefined);
    await until(async () => (await inspect(third)).parked === 1);
    const { messages } = await third.parking.list(queue);
    expect(messages.map(({ attempt, history }) => [attempt, history.map(({ code }) => code)])).toEqual([
      [2, ["BUS_CONSUMER_LOST", "BUS_CONSUMER_LOST"]],
    ]);
  });
});

describe("the death of the thread", () => {
  it("rejects what is pending, and the bus comes back with its consumers by itself", async () => {
    const bus = await newBus({ path: tempFolder() });
    const kept = await keep(bus, 1);
    await bus.publish(queue, "in hand");
    await until(() => kept.length === 1);
    const pending = Promise.allSettled([bus.publish(queue, "pending"), new Promise(setImmediate)]);
    await killThread(bus);
    const [outcome] = await pending;
    if (outcome.status === "rejected")
      expect(outcome.reason).toMatchObject({ code: "BUS_CONNECTION_LOST", retryable: true });

    await bus.publish(queue, "after");
    // The handler of before is done too late to count; its place is free again all the same.
    kept[0]?.resolve();
    await until(() => kept.length === 2);
    expect(kept[1]?.delivery).toMatchObject({ attempt: 2, id: kept[0]?.delivery.id });
    for (let index = 1; index < 4; index++) kept[index]?.resolve();
    await until(() => {
      kept.at(-1)?.resolve();
      return kept.some(({ delivery }) => delivery.body.toString() === "after");
    });
    await until(async () => (await inspect(bus)).depth === 0);
  });
});

describe("a full disk", () => {
  const disk = smallDisk(8 * 2 ** 20);

  it.skipIf(disk === undefined)(
    `rejects publishes as retryable, loses nothing, and is left behind when there is space${disk === undefined ? " [needs root]" : ""}`,
    async () => {
      if (disk === undefined) return;
      const ballast = join(disk.path, "ballast");
      writeFileSync(ballast, Buffer.alloc(2 * 2 ** 20));
      const clock = new TestClock();
      const bus = await newBus({ path: join(disk.path, "bus"), clock });
      const safe: string[] = [];
      const failure = await (async () => {
        for (let number = 0; ; number++) {
          const name = `message ${number} `;
          try {
            await bus.publish(queue, name.padEnd(50_000));
          } catch (error) {
            return error;
          }
          safe.push(name.trim());
        }
      })();
      expect(failure).toMatchObject({ code: "STORAGE_DISK_FULL", retryable: true });
      expect(safe.length).toBeGreaterThan(10);

      const handled: string[] = [];
      await bus.consume(queue, { prefetch: 5 }, ({ body }) => void handled.push(body.toString().trim()));
      rmSync(ballast);
      await bus.publish(queue, "there is space again");
      // What could not be written meanwhile is tried again after a second.
      await until(async () => {
        await clock.advance(1_000);
        return (await inspect(bus)).depth === 0;
      });
      expect([...new Set(handled)]).toEqual([...safe, "there is space again"]);
      await bus.close();
      disk.release();
    },
  );
});

describe("a backlog", () => {
  it("of 400 MB is opened and worked off in order, in less memory than that", async () => {
    const process = spawnNode(new URL("./fixtures/embedded-backlog.ts", import.meta.url), [tempFolder(), "25000"]);
    const { value } = await process.messages.next();
    if (value === undefined) throw new Error(`the process failed: ${process.stderr()}`);
    expect(value).toMatchObject({ depth: 25_000, handled: 25_000, ordered: true });
    const { peakBytes } = value as { peakBytes: number };
    expect(peakBytes).toBeLessThan(250 * 2 ** 20);
    await process.exited;
  });

  it("is handed out in publishing order while it grows and shrinks past what is kept in memory", async () => {
    const bus = await newBus({ path: tempFolder() });
    const total = 12_000;
    const seen: number[] = [];
    const consumer = await bus.consume(queue, { prefetch: 10 }, async ({ body }) => {
      seen.push(Number(body));
      if (seen.length % 1_000 === 0) {
        void consumer.pause();
        setImmediate(() => consumer.resume());
      }
    });
    for (let start = 0; start < total; start += 3_000) {
      await Promise.all(Array.from({ length: 3_000 }, (_, index) => bus.publish(queue, String(start + index))));
    }
    await until(() => seen.length === total);
    expect(seen).toEqual(Array.from({ length: total }, (_, number) => number));
  });
});

describe("priorities", () => {
  it("hold for messages in memory, on disk, and both at once", async () => {
    const bus = await newBus({ path: tempFolder() });
    await Promise.all(Array.from({ length: 3_000 }, (_, number) => bus.publish(queue, `low ${number}`)));
    await Promise.all(
      Array.from({ length: 3_000 }, (_, number) => bus.publish(queue, `high ${number}`, { priority: 9 })),
    );
    const seen: string[] = [];
    await bus.consume(queue, { prefetch: 1 }, ({ body }) => void seen.push(body.toString()));
    await until(() => seen.length === 6_000);
    expect(seen).toEqual([
      ...Array.from({ length: 3_000 }, (_, number) => `high ${number}`),
      ...Array.from({ length: 3_000 }, (_, number) => `low ${number}`),
    ]);
  });
});

describe("expiry", () => {
  it("is applied to a backlog read from disk, and logged", async () => {
    const clock = new TestClock();
    const logged: object[] = [];
    const note = (fields: object): void => void logged.push(fields);
    const logger = { debug: note, info: note, warn: note, error: note };
    const bus = await newBus({ path: tempFolder(), clock, logger });
    await bus.publish(queue, "brief", { expiresInMs: 1_000 });
    await bus.publish(queue, "lasting");
    await clock.advance(1_000);
    const seen: string[] = [];
    await bus.consume(queue, {}, ({ body }) => void seen.push(body.toString()));
    await until(() => seen.length === 1);
    expect(seen).toEqual(["lasting"]);
    expect((await inspect(bus)).totals.expired).toBe(1);
    expect(logged).toContainEqual({ queue, id: "1" });
  });
});

describe("retries", () => {
  it("wait by the bus's clock, and those of one moment come in publishing order", async () => {
    const clock = new TestClock();
    const bus = await newBus({ path: tempFolder(), clock });
    const seen: string[] = [];
    await bus.consume(queue, { retryDelayMs: 60_000 }, async ({ body, attempt }) => {
      seen.push(`${body.toString()}${attempt}`);
      if (attempt === 1) throw new Error("not yet");
    });
    await Promise.all(["a", "b", "c"].map((text) => bus.publish(queue, text)));
    await until(async () => (await inspect(bus)).delayed === 3);
    await clock.advance(59_999);
    expect(await inspect(bus)).toMatchObject({ depth: 3, delayed: 3, inFlight: 0 });
    await clock.advance(1);
    await until(() => seen.length === 6);
    expect(seen).toEqual(["a1", "b1", "c1", "a2", "b2", "c2"]);
  });
});
