// A bus lent over a link does what the bus behind it does. The link is a pair in memory, the bus behind it the memory bus.

import type { Delivery } from "@switchboard/bus";
import { createMemoryBus } from "@switchboard/bus/testing";
import { Dispatcher } from "@switchboard/core";
import { memoryLinkPair } from "@switchboard/links/testing";
import { AsyncQueue } from "@switchboard/testkit";
import { afterEach, expect, it } from "vitest";
import { BusServer } from "../src/linked-bus/bus-server.ts";
import { LinkedBus } from "../src/linked-bus/linked-bus.ts";

const cleanup: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of cleanup.splice(0).toReversed()) await end();
});

async function take<Item>(queue: AsyncQueue<Item>): Promise<Item> {
  const { value, done } = await queue.next();
  if (done === true) throw new Error("the queue ended");
  return value;
}

async function lend() {
  const real = createMemoryBus();
  const owner = new Dispatcher();
  const borrower = new Dispatcher();
  const server = new BusServer("bus", real, owner);
  const link = memoryLinkPair();
  await Promise.all([owner.join(link.near), borrower.join(link.far)]);
  cleanup.push(() => Promise.all([owner.shutdown(), borrower.shutdown(), real.close()]));
  return { real, server, link, linked: new LinkedBus(borrower, server.id) };
}

it("publishes what the owner's consumers get, with its bytes, headers and options", async () => {
  const { real, linked } = await lend();
  const got = new AsyncQueue<Delivery>();
  await real.consume("x.inbound", {}, (delivery) => got.push(delivery));
  const body = Buffer.from([0, 255, 128, 10]);
  await linked.publish("x.inbound", body, { contentType: "application/x", headers: { a: "ü" }, priority: 3 });
  const { body: received, ...rest } = await take(got);
  expect(received).toEqual(body);
  expect(rest).toMatchObject({ contentType: "application/x", headers: { a: "ü" }, priority: 3, attempt: 1 });
});

it("hands deliveries to the borrower in order, and acknowledges what its handler resolves", async () => {
  const { real, linked } = await lend();
  const got = new AsyncQueue<string>();
  await linked.consume("x.inbound", { prefetch: 1 }, ({ body }) => got.push(body.toString()));
  for (const text of ["a", "b", "c"]) await real.publish("x.inbound", text);
  expect([await take(got), await take(got), await take(got)]).toEqual(["a", "b", "c"]);
  await expect
    .poll(async () => (await linked.inspect("x.inbound"))[0])
    .toMatchObject({ depth: 0, inFlight: 0, consumers: 1 });
});

it("has a failing handler's message delivered again, and one that must not be retried parked, with its error", async () => {
  const { linked } = await lend();
  const attempts = new AsyncQueue<number>();
  await linked.consume("x.inbound", { retryDelayMs: 1, maxDeliveries: 2 }, ({ attempt }) => {
    attempts.push(attempt);
    throw new Error("not now");
  });
  await linked.publish("x.inbound", "again");
  expect([await take(attempts), await take(attempts)]).toEqual([1, 2]);
  await linked.consume("y.inbound", {}, () => {
    throw Object.assign(new Error("never"), { code: "TOO_BAD", retryable: false });
  });
  await linked.publish("y.inbound", "once");
  await expect.poll(async () => (await linked.parking.list("y.inbound")).messages.length).toBe(1);
  const [parked] = (await linked.parking.list("y.inbound")).messages;
  expect(parked?.body.toString()).toBe("once");
  expect(parked?.history).toMatchObject([{ attempt: 1, code: "TOO_BAD", message: "never" }]);
  expect(await linked.parking.get("y.inbound", parked?.id ?? "")).toEqual(parked);
  expect(await linked.parking.drop("y.inbound", "all")).toBe(1);
  expect(await linked.parking.get("y.inbound", parked?.id ?? "")).toBeUndefined();
});

it("pauses, resumes and stops the borrower's consumers", async () => {
  const { linked } = await lend();
  const got = new AsyncQueue<string>();
  const consumer = await linked.consume("x.inbound", {}, ({ body }) => got.push(body.toString()));
  await consumer.pause();
  await linked.publish("x.inbound", "later");
  expect(await linked.inspect("x.inbound")).toMatchObject([{ depth: 1, inFlight: 0 }]);
  consumer.resume();
  expect(await take(got)).toBe("later");
  await consumer.stop();
  await consumer.stop();
  expect(await linked.inspect("x.inbound")).toMatchObject([{ consumers: 0 }]);
});

it("refuses with the code of the bus behind it, and after close with BUS_CLOSED", async () => {
  const { linked } = await lend();
  await expect(linked.publish("Upper", "x")).rejects.toMatchObject({ code: "BUS_NAME_INVALID" });
  await linked.close();
  await linked.close();
  await expect(linked.publish("x.inbound", "x")).rejects.toMatchObject({ code: "BUS_CLOSED" });
});

it("delivers to others what a borrower had in work when it was lost, as a further attempt", async () => {
  const { real, server, link, linked } = await lend();
  const taken = new AsyncQueue<number>();
  await linked.consume("x.inbound", { retryDelayMs: 1 }, ({ attempt }) => {
    taken.push(attempt);
    return new Promise(() => undefined);
  });
  await real.publish("x.inbound", "kept");
  expect(await take(taken)).toBe(1);
  const released = server.release();
  link.cut();
  await released;
  const got = new AsyncQueue<Delivery>();
  await real.consume("x.inbound", { retryDelayMs: 1 }, (delivery) => got.push(delivery));
  const delivery = await take(got);
  expect([delivery.body.toString(), delivery.attempt]).toEqual(["kept", 2]);
});
