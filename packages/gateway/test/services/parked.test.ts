// Queues, and what is set aside from them: shown, edited, written down, put back and dropped.

import { readFile, stat } from "node:fs/promises";
import type { PublishOptions } from "@switchboard/bus";
import { createUserMessage, userMessageCodec } from "@switchboard/messaging";
import { until } from "@switchboard/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "./kit.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});

afterAll(() => gateway.stop());

type Row = Record<string, unknown>;

describe("bus", () => {
  // The router knows no transport for messages from this address, and parks them.
  async function park(options: PublishOptions = {}): Promise<string> {
    const message = createUserMessage({
      to_addr: "unknown",
      from_addr: "from-nowhere",
      transport_name: "echo",
      transport_type: "sms",
      content: "lost",
    });
    await gateway.view.bus.publish("echo.outbound", userMessageCodec.encode(message), options);
    await until(async () => (await gateway.call<{ parked: number }>("bus.queue", ["echo.outbound"])).parked > 0);
    return message.message_id;
  }

  async function onlyParked(): Promise<{ id: string; body: string }> {
    const [parked] = await gateway.call<{ id: string; body: string }[]>("bus.parked", ["echo.outbound", {}]);
    if (parked === undefined) throw new Error("nothing is parked");
    return parked;
  }

  it("lists queues with their readers", async () => {
    const rows = await gateway.call<Row[]>("bus.queues");
    const row = rows.find(({ name }) => name === "sms.outbound");
    expect(row).toMatchObject({ worker: "sms", direction: "outbound", waiting: 0, consumers: 1, state: "ok" });
    await expect(gateway.call("bus.queue", ["no.such"])).rejects.toMatchObject({ errno: 2 });
  });

  it("counts what came into queues and left them over the same minute as the figures do; nothing is 0, not unknown", async () => {
    await gateway.say("count me");
    const rows = await gateway.call<Row[]>("bus.queues");
    const { lines } = await gateway.call<{ lines: Record<string, Row> }>("metrics.current");
    for (const connector of ["sms", "echo", "reverse"]) {
      const [inbound, outbound] = ["inbound", "outbound"].map((end) =>
        rows.find(({ name }) => name === `${connector}.${end}`),
      );
      expect([inbound?.["out"], outbound?.["out"]]).toEqual([lines[connector]?.["in"], lines[connector]?.["out"]]);
    }
    expect(rows.find(({ name }) => name === "sms.inbound")).toMatchObject({ in: 1, out: 1 });
    expect(rows.find(({ name }) => name === "reverse.inbound")).toMatchObject({ in: 0, out: 0 });
    expect(await gateway.call("workers.get", ["reverse"])).toMatchObject({ rates: { in: 0, out: 0, failed: 0 } });
  });

  it("tells which queues changed while somebody listens, and in which other messages are parked", async () => {
    const heard: { queues: string[]; parked: string[] }[] = [];
    const stop = gateway.server.events.on("bus.changed", (args) => void heard.push(args as never));
    // From the first look on everything counts.
    await until(async () => {
      await gateway.say("something passes");
      return heard.length > 0;
    });
    expect(heard.flatMap(({ queues }) => queues)).toContain("echo.inbound");
    expect(heard.flatMap(({ queues }) => queues)).not.toContain("reverse.inbound");
    expect(heard.flatMap(({ parked }) => parked)).toEqual([]);
    await park();
    await until(() => heard.some(({ parked }) => parked.includes("echo.outbound")));
    await gateway.view.bus.parking.drop("echo.outbound", [(await onlyParked()).id]);
    await until(() => heard.filter(({ parked }) => parked.includes("echo.outbound")).length === 2);
    stop();
  });

  it("groups what is parked by cause, shows it, and puts it back or drops it by tasks that tell how far they are", async () => {
    const id = await park();
    const [cause] = await gateway.call<Row[]>("bus.causes", ["echo.outbound"]);
    expect(cause).toMatchObject({
      queue: "echo.outbound",
      code: "ROUTER_NO_ROUTE",
      count: 1,
      sentence: expect.any(String),
    });
    const [parked] = await gateway.call<Row[]>("bus.parked", ["echo.outbound", {}]);
    expect(parked).toMatchObject({ message_id: id, content: "lost", error: { code: "ROUTER_NO_ROUTE" } });
    expect(await gateway.call("bus.parked", ["echo.outbound", { message_id: id }])).toEqual([parked]);
    expect(await gateway.call("bus.parked", ["echo.outbound", { message_id: "another" }])).toEqual([]);
    const choice = { queue: "echo.outbound", cause: cause?.["cause"] };
    expect(await gateway.call("bus.preview", [{ action: "retry", ...choice }])).toMatchObject({ count: 1 });
    const counted = (ages: object): Promise<unknown> =>
      gateway.call("bus.preview", [{ action: "retry", ...choice, ...ages }]);
    expect(await counted({ newer_than_ms: 3_600_000 })).toMatchObject({ count: 1 });
    expect(await counted({ older_than_ms: 3_600_000 })).toMatchObject({ count: 0 });
    expect((await gateway.call<Row[]>("attention.list"))[0]).toMatchObject({
      id: "queue:echo.outbound:parked",
      lamp: "parked",
      text: "1 message is parked in echo.outbound",
      path: "/queues/echo.outbound",
    });
    expect(await gateway.run("bus.retry", choice)).toEqual({ done: 1, of: 1 });
    await until(async () => (await gateway.call<Row[]>("bus.parked", ["echo.outbound", {}])).length === 1);
    expect(await gateway.run("bus.drop", { queue: "echo.outbound" })).toEqual({ done: 1, of: 1 });
    expect(await gateway.call("bus.parked", ["echo.outbound", {}])).toEqual([]);
  });

  it("says that there is no such queue, and which one may be meant", async () => {
    const error = { errno: 2, message: 'there is no queue "ecko.outbound"; did you mean echo.outbound?' };
    const choice = { queue: "ecko.outbound" };
    await expect(gateway.call("bus.queue", ["ecko.outbound"])).rejects.toMatchObject(error);
    await expect(gateway.call("bus.parked", ["ecko.outbound", {}])).rejects.toMatchObject(error);
    await expect(gateway.call("bus.causes", ["ecko.outbound"])).rejects.toMatchObject(error);
    await expect(gateway.call("bus.preview", [{ action: "drop", ...choice }])).rejects.toMatchObject(error);
    await expect(gateway.call("bus.parked_export", [choice])).rejects.toMatchObject(error);
    await expect(gateway.run("bus.retry", choice)).rejects.toMatchObject({ message: error.message });
    await expect(gateway.call("bus.parked", ["NOSUCH", {}])).rejects.toThrow(/^there is no queue "NOSUCH"$/);
    expect(await gateway.call("bus.parked", ["reverse.outbound", {}])).toEqual([]);
  });

  it("publishes a corrected body in place of a parked one", async () => {
    const id = await park();
    const [parked] = await gateway.call<{ id: string; body: string }[]>("bus.parked", ["echo.outbound", {}]);
    const body = JSON.stringify({ ...(JSON.parse(parked?.body ?? "") as object), from_addr: "8000", to_addr: "+271" });
    await expect(gateway.call("bus.edit_and_retry", ["echo.outbound", parked?.id, "{}"])).rejects.toMatchObject({
      errno: 22,
    });
    expect(await gateway.call("bus.edit_and_retry", ["echo.outbound", parked?.id, body])).toBe(true);
    await until(async () => (await gateway.store.read.eventsOf(id)).length === 2);
    expect(await gateway.call("bus.parked", ["echo.outbound", {}])).toEqual([]);
  });

  it("shows one parked message whole, and keeps its first version when it is edited", async () => {
    const id = await park({ headers: { from: "test" } });
    const parked = await onlyParked();
    const whole = await gateway.call<Row>("bus.parked_get", ["echo.outbound", parked.id]);
    expect(whole).toMatchObject({
      queue: "echo.outbound",
      message_id: id,
      body: parked.body,
      body_base64: null,
      size_bytes: Buffer.byteLength(parked.body),
      headers: { from: "test" },
      history: [{ code: "ROUTER_NO_ROUTE" }],
    });
    await expect(gateway.call("bus.parked_get", ["echo.outbound", "none"])).rejects.toMatchObject({ errno: 2 });
    const body = JSON.stringify({ ...(JSON.parse(parked.body) as object), content: "found" });
    await gateway.call("bus.edit_and_retry", ["echo.outbound", parked.id, body, { headers: { from: "nomsa" } }]);
    await until(async () => (await gateway.call<Row[]>("bus.parked", ["echo.outbound", {}])).length === 1);
    const again = await onlyParked();
    expect(await gateway.call("bus.parked_get", ["echo.outbound", again.id])).toMatchObject({
      content: "found",
      headers: { from: "nomsa" },
    });
    expect((await gateway.call<Row[]>("bus.edits", ["echo.outbound"]))[0]).toMatchObject({
      by: "root",
      queue: "echo.outbound",
      parked_id: parked.id,
      message_id: id,
      before: { body: parked.body, headers: { from: "test" } },
      after: { body, headers: { from: "nomsa" } },
    });
    await gateway.run("bus.drop", { queue: "echo.outbound" });
  });

  it("writes parked messages down as JSON lines, and into a file of its own before they are dropped", async () => {
    const ids = [await park(), await park()];
    await until(async () => (await gateway.call<Row[]>("bus.parked", ["echo.outbound", {}])).length === 2);
    const read = (text: string) =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { body: string; history: Row[] });
    const idsIn = (text: string) => read(text).map(({ body }) => (JSON.parse(body) as Row)["message_id"]);
    const stream = await gateway.call<AsyncIterable<string>>("bus.parked_export", [{ queue: "echo.outbound" }]);
    let text = "";
    for await (const chunk of stream) text += chunk;
    expect(idsIn(text)).toEqual(ids);
    const choice = { queue: "echo.outbound", save: true };
    await expect(gateway.run("bus.drop", { ...choice, expected: 7 })).rejects.toMatchObject({
      errno: 70,
      extra: { code: "SELECTION_CHANGED", count: 2 },
    });
    const dropped = (await gateway.run("bus.drop", { ...choice, expected: 2 })) as { done: number; saved_to: string };
    expect(dropped).toMatchObject({ done: 2 });
    const saved = await readFile(dropped.saved_to, "utf8");
    expect(idsIn(saved)).toEqual(ids);
    expect(read(saved)[0]?.history[0]).toMatchObject({ code: "ROUTER_NO_ROUTE" });
    expect((await stat(dropped.saved_to)).mode & 0o777).toBe(0o600);
    expect(await gateway.call("bus.parked", ["echo.outbound", {}])).toEqual([]);
  });
});
