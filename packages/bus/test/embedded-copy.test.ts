// A copy of an embedded bus that is in use has what was safe when it was made, and nothing is lost between the two.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { openEmbeddedBus } from "@switchboard/bus/embedded";
import { tempFolder, until } from "@switchboard/testkit";
import { expect, it } from "vitest";

const read = (body: Uint8Array): string => Buffer.from(body).toString();

it("copies what waits, what is in a handler and what is parked, while messages go on", async () => {
  const folder = tempFolder();
  const copy = join(tempFolder(), "copy");
  const bus = await openEmbeddedBus({ path: folder });
  await bus.declareQueue({ queue: "work" });
  await bus.declareQueue({ queue: "bad" });
  const poison = await bus.consume("bad", { prefetch: 1, maxDeliveries: 1 }, () =>
    Promise.reject(new Error("no good")),
  );
  await bus.publish("bad", "poison");
  await until(async () => (await bus.inspect("bad"))[0]?.parked === 1);
  await poison.stop();
  let taken: string | undefined;
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await bus.publish("work", "in a handler");
  await bus.consume("work", { prefetch: 1 }, async ({ body }) => {
    taken ??= read(body);
    await held;
  });
  await until(() => taken !== undefined);
  const waiting = Array.from({ length: 500 }, (_, index) => `message ${index}`);
  await Promise.all(waiting.map((text) => bus.publish("work", text)));
  const copying = bus.copyTo(copy);
  const later = Promise.all(waiting.map((text) => bus.publish("work", `later ${text}`)));
  await copying;
  await later;
  release();
  await bus.close();

  expect(readdirSync(copy)).toEqual(["bus.db"]);
  const restored = await openEmbeddedBus({ path: copy });
  const got: string[] = [];
  await restored.consume("work", { prefetch: 10 }, ({ body }) => {
    got.push(read(body));
    return Promise.resolve();
  });
  const wanted = ["in a handler", ...waiting];
  await until(() => wanted.every((text) => got.includes(text)));
  expect(got.filter((text) => !text.startsWith("later ")).toSorted()).toEqual(wanted.toSorted());
  const { messages } = await restored.parking.list("bad");
  expect(messages).toMatchObject([{ history: [{ message: "no good" }] }]);
  await restored.close();
});

it("does not touch a bus that is there already, and goes on after it was refused", async () => {
  const folder = tempFolder();
  const other = tempFolder();
  const bus = await openEmbeddedBus({ path: folder });
  const there = await openEmbeddedBus({ path: other });
  await there.publish("work", "mine");
  await there.close();
  await expect(bus.copyTo(other)).rejects.toMatchObject({ name: "StorageError" });
  await bus.publish("work", "still here");
  expect((await bus.inspect("work"))[0]?.depth).toBe(1);
  await bus.close();
  expect(existsSync(join(other, "bus.db"))).toBe(true);
  await expect(bus.copyTo(join(other, "new"))).rejects.toMatchObject({ code: "BUS_CLOSED" });
});
