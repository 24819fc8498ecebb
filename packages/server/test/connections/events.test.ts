// Events as they pass through connections.

import { describe, expect, test } from "vitest";
import type { MemoryClient } from "../../src/testing/memory-connection.ts";
import { newServer, settle } from "./kit.ts";

function subscribe(client: MemoryClient, ...masks: string[]): void {
  client.send({ namespace: "events", name: "subscribe", id: null, args: masks });
}

function emit(client: MemoryClient, name: string, args: Record<string, unknown> = {}): void {
  client.send({ namespace: "events", name: "event", id: null, args: { name, args } });
}

function namesOf(client: MemoryClient): string[] {
  return client.take().map(({ args }) => (args as { name: string }).name);
}

describe("subscriptions", () => {
  test("S43 are never answered, not even before login", async () => {
    const server = newServer();
    const stranger = server.connect();
    const user = await server.logIn();
    for (const client of [stranger, user]) {
      subscribe(client, "x.*");
      client.send('{"namespace":"events","name":"subscribe","id":"1","args":"x"}');
      client.send('{"namespace":"events","name":"unsubscribe","id":"1","args":null}');
    }
    await settle();
    expect([stranger.take(), user.take()]).toEqual([[], []]);
    await server.context.events.emit("x.y");
    expect([namesOf(stranger), namesOf(user)]).toEqual([[], ["x.y"]]);
  });

  test("S44 S45 S46 S47 one copy, stars cross dots, case counts, unsubscribing takes equal masks only", async () => {
    const server = newServer();
    const client = await server.logIn();
    const names = async (...events: string[]): Promise<string[]> => {
      for (const name of events) await server.context.events.emit(name);
      await settle();
      return namesOf(client);
    };
    subscribe(client, "x.*", "*");
    expect(await names("x.created")).toEqual(["x.created"]);
    client.send({ namespace: "events", name: "unsubscribe", id: null, args: ["x.*"] });
    expect(await names("x.created")).toEqual(["x.created"]);
    client.send({ namespace: "events", name: "unsubscribe", id: null, args: ["*"] });
    subscribe(client, "*.changed", "Task.*");
    expect(await names("a.b.changed", "task.created", "Task.created")).toEqual(["a.b.changed", "Task.created"]);
  });
});

describe("events of clients", () => {
  test("S48 the sender gets its own event, with a timestamp", async () => {
    const client = await newServer().logIn();
    subscribe(client, "my.*");
    emit(client, "my.event", { n: 1 });
    expect(await client.next()).toMatchObject({
      namespace: "events",
      name: "event",
      id: null,
      args: { name: "my.event", args: { n: 1, timestamp: expect.any(Date) as Date } },
    });
  });

  test("S49 args that are a text are wrapped", async () => {
    const client = await newServer().logIn();
    subscribe(client, "my.*");
    client.send('{"namespace":"events","name":"event","id":"1","args":{"name":"my.event","args":"args"}}');
    expect(await client.next()).toMatchObject({ args: { args: { value: "args" } } });
  });

  test("S50 a burst arrives as single events in order", async () => {
    const client = await newServer().logIn();
    subscribe(client, "*");
    const events = ["a", "b", "c"].map((name) => ({ name, args: {} }));
    client.send({ namespace: "events", name: "event_burst", id: null, args: { events } });
    await settle();
    expect(namesOf(client)).toEqual(["a", "b", "c"]);
  });

  test("S51 reserved names are dropped, and the connection lives", async () => {
    const server = newServer();
    const [client, listener] = [await server.logIn(), await server.logIn()];
    subscribe(listener, "*");
    for (const name of ["server.shutdown", "task.updated", "plugin.x", "session.changed"]) emit(client, name);
    await settle();
    expect(namesOf(listener)).toEqual([]);
    expect(await client.call("test.ping")).toMatchObject({ args: "pong" });
  });

  test("a stranger's events go nowhere", async () => {
    const server = newServer();
    const [stranger, listener] = [server.connect(), await server.logIn()];
    subscribe(listener, "*");
    emit(stranger, "x.y");
    await settle();
    expect(namesOf(listener)).toEqual([]);
  });
});

test("S106 a subscriber that does not read is told what it missed and disconnected, and may come back; others get everything", async () => {
  const server = newServer({ limits: { slowClientBytes: 1_000 } });
  const [slow, good] = [await server.logIn(), await server.logIn()];
  const { token = "" } = slow.connection.login ?? {};
  for (const client of [slow, good]) subscribe(client, "x.*");
  slow.stall(true);
  let count = 0;
  while (slow.closed === undefined && count < 20_000) {
    count++;
    await server.context.events.emit("x.y", { count });
  }
  expect(slow.unread).toBeLessThan(5_000);
  slow.stall(false);
  expect(slow.take().at(-1)).toMatchObject({
    name: "logout",
    args: { reason: expect.stringContaining("slow") as string, token_valid: true },
  });
  expect(namesOf(good)).toHaveLength(count);
  const again = server.connect();
  again.send({ namespace: "rpc", name: "auth_token", id: "again", args: { token } });
  expect(await again.next(({ id }) => id === "again")).toMatchObject({ name: "response" });
});
