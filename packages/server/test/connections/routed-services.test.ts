// Services that connected daemons offer: registration, routing, streams, and what happens when somebody goes away.

import { errno, type ServerFrame } from "@switchboard/protocol";
import { describe, expect, test } from "vitest";
import type { MemoryClient } from "../../src/testing/memory-connection.ts";
import { newServer, settle, type TestServer } from "./kit.ts";

type CallToOwner = Extract<ServerFrame, { name: "call" }>;

async function offer(server: TestServer, service = "weather", { resume = true } = {}): Promise<MemoryClient> {
  const owner = await server.daemon();
  expect(await owner.call("plugin.register_service", [service])).toMatchObject({ name: "response" });
  if (resume) expect(await owner.call("plugin.resume_service", [service])).toMatchObject({ name: "response" });
  return owner;
}

async function nextCall(owner: MemoryClient): Promise<CallToOwner> {
  return (await owner.next(({ name }) => name === "call")) as CallToOwner;
}

function startCall(client: MemoryClient, id: string, method: string, args: readonly unknown[] = []): void {
  client.send({ namespace: "rpc", name: "call", id, args: { method, args } });
}

describe("registration", () => {
  test("S57 a built-in service cannot be replaced", async () => {
    const owner = await newServer().daemon();
    expect(await owner.call("plugin.register_service", ["test"])).toMatchObject({ args: { code: errno.EEXIST } });
  });

  test("S58 only the owner unregisters and resumes; an unknown name is ENOENT", async () => {
    const server = newServer();
    await offer(server);
    const other = await server.daemon("networkd");
    for (const method of ["plugin.unregister_service", "plugin.resume_service"]) {
      expect(await other.call(method, ["weather"])).toMatchObject({ args: { code: errno.EPERM } });
      expect(await other.call(method, ["nothing"])).toMatchObject({ args: { code: errno.ENOENT } });
      expect(await other.call(method, ["test"])).toMatchObject({ args: { code: errno.EPERM } });
    }
    expect(await other.call("plugin.register_service", ["weather"])).toMatchObject({ args: { code: errno.EEXIST } });
  });

  test("an ordinary user offers nothing", async () => {
    const client = await newServer().logIn("ada");
    expect(await client.call("plugin.register_service", ["weather"])).toMatchObject({ args: { code: errno.EACCES } });
  });

  test("an unregistered service is gone; events tell", async () => {
    const server = newServer();
    const owner = await offer(server);
    expect(await owner.call("plugin.unregister_service", ["weather"])).toMatchObject({ name: "response" });
    expect(await owner.call("weather.now")).toMatchObject({ args: { code: errno.ENOENT } });
    const told = server.events.filter(([name]) => name.startsWith("plugin.")).map(([name]) => name);
    expect(told).toEqual(["plugin.service_registered", "plugin.service_resume", "plugin.service_unregistered"]);
  });

  test("schemas of a connection go with it, and belong to it", async () => {
    const server = newServer();
    const owner = await server.daemon();
    const other = await server.daemon("networkd");
    const schema = { type: "object", properties: { t: { type: "number" } } };
    expect(await owner.call("plugin.register_schema", ["Weather", schema])).toMatchObject({ name: "response" });
    expect(await other.call("plugin.unregister_schema", ["Weather"])).toMatchObject({ args: { code: errno.EPERM } });
    expect(server.schemas.get("Weather")).toEqual(schema);
    owner.close();
    expect(server.schemas.get("Weather")).toBeUndefined();
    expect(await other.call("plugin.unregister_schema", ["Weather"])).toMatchObject({ args: { code: errno.ENOENT } });
  });
});

describe("routing", () => {
  test("a call reaches the owner under another id and comes back under the caller's", async () => {
    const server = newServer();
    const owner = await offer(server);
    const client = await server.logIn("ada");
    startCall(client, "c1", "weather.at", ["Oslo", { unit: "C" }]);
    const call = await nextCall(owner);
    expect(call.id).not.toBe("c1");
    expect(call.args).toEqual({ method: "weather.at", args: ["Oslo", { unit: "C" }], view: false });
    owner.send({ namespace: "rpc", name: "response", id: call.id, args: { t: -3 } });
    expect(await client.next()).toMatchObject({ name: "response", id: "c1", args: { t: -3 } });
  });

  test("arguments by name are passed on as they are", async () => {
    const server = newServer();
    const owner = await offer(server);
    const client = await server.logIn();
    client.send({ namespace: "rpc", name: "call", id: "c", args: { method: "weather.at", args: { place: "Oslo" } } });
    expect((await nextCall(owner)).args.args).toEqual({ place: "Oslo" });
  });

  test("S53 a call waits until the service is resumed; metadata passes at once", async () => {
    const server = newServer();
    const owner = await offer(server, "weather", { resume: false });
    const client = await server.logIn();
    startCall(client, "c1", "weather.at", [1]);
    startCall(client, "c2", "weather.at", [2]);
    startCall(client, "m", "weather.get_metadata");
    const metadata = await nextCall(owner);
    expect(metadata.args.method).toBe("weather.get_metadata");
    await settle();
    expect(owner.take()).toEqual([]);
    await owner.call("plugin.resume_service", ["weather"]);
    const [first, second] = [await nextCall(owner), await nextCall(owner)];
    expect([first.args.args, second.args.args]).toEqual([[1], [2]]);
    owner.send({ namespace: "rpc", name: "response", id: first.id, args: "one" });
    expect(await client.next()).toMatchObject({ id: "c1", args: "one" });
  });

  test("so many calls may wait, more are EBUSY; those of a client that leaves wait no longer", async () => {
    const server = newServer({ limits: { maxWaitingCalls: 2 } });
    await offer(server, "weather", { resume: false });
    const client = await server.logIn();
    const other = await server.logIn();
    startCall(client, "1", "weather.at");
    startCall(client, "2", "weather.at");
    await settle();
    expect(await other.call("weather.at")).toMatchObject({ args: { code: errno.EBUSY } });
    client.close();
    startCall(other, "3", "weather.at");
    await settle();
    expect(other.take()).toEqual([]);
  });

  test("S54 the owner's loss fails calls in progress and calls that wait with 53, and is told", async () => {
    const server = newServer();
    const owner = await offer(server);
    await owner.call("plugin.register_service", ["waiting"]);
    const client = await server.logIn();
    startCall(client, "1", "weather.at");
    startCall(client, "2", "waiting.at");
    await nextCall(owner);
    owner.close();
    const answers = [await client.next(), await client.next()];
    for (const answer of answers) expect(answer).toMatchObject({ name: "error", args: { code: 53 } });
    expect(server.events.filter(([name]) => name === "plugin.service_unregistered")).toHaveLength(2);
    expect(await client.call("weather.at")).toMatchObject({ args: { code: errno.ENOENT } });
  });

  test("S55 a daemon that registers again before its old connection is noticed dead keeps the service", async () => {
    const server = newServer();
    const old = await offer(server);
    const owner = await offer(server);
    old.close();
    await settle();
    const client = await server.logIn();
    startCall(client, "1", "weather.at");
    const call = await nextCall(owner);
    owner.send({ namespace: "rpc", name: "response", id: call.id, args: "fine" });
    expect(await client.next()).toMatchObject({ args: "fine" });
  });

  test("S56 two callers with the same id get their own answers", async () => {
    const server = newServer();
    const owner = await offer(server);
    const clients = [await server.logIn(), await server.logIn()];
    for (const [index, client] of clients.entries()) startCall(client, "same", "weather.at", [index]);
    for (const call of [await nextCall(owner), await nextCall(owner)].toReversed()) {
      owner.send({ namespace: "rpc", name: "response", id: call.id, args: call.args.args });
    }
    for (const [index, client] of clients.entries())
      expect(await client.next()).toMatchObject({ id: "same", args: [index] });
  });

  test("S59 the owner's error reaches the caller unchanged", async () => {
    const server = newServer();
    const owner = await offer(server);
    const client = await server.logIn();
    startCall(client, "1", "weather.at");
    const call = await nextCall(owner);
    const error = { code: 16, message: "snowed in", extra: { until: "may" } };
    owner.send({ namespace: "rpc", name: "error", id: call.id, args: error });
    expect((await client.next()).args).toEqual(error);
  });

  test("a caller that aborts, or leaves, has the owner told", async () => {
    const server = newServer();
    const owner = await offer(server);
    const client = await server.logIn();
    startCall(client, "1", "weather.at");
    const first = await nextCall(owner);
    client.send({ namespace: "rpc", name: "abort", id: "1", args: null });
    expect(await owner.next()).toMatchObject({ name: "abort", id: first.id });
    expect(await client.next()).toMatchObject({ name: "close", id: "1" });
    startCall(client, "2", "weather.at");
    const second = await nextCall(owner);
    client.close();
    expect(await owner.next()).toMatchObject({ name: "abort", id: second.id });
    // What comes late is of no interest to anybody.
    owner.send({ namespace: "rpc", name: "response", id: second.id, args: "late" });
    expect(await owner.call("test.ping")).toMatchObject({ args: "pong" });
  });

  test("names that are never callable are not passed on", async () => {
    const server = newServer();
    const owner = await offer(server);
    const client = await server.logIn();
    for (const name of ["_secret", "__proto__", "initialize", ""]) {
      expect(await client.call(`weather.${name}`)).toMatchObject({ args: { code: errno.ENOENT } });
    }
    expect(owner.take()).toEqual([]);
  });

  test("wait_for_service answers everybody as soon as the service is there", async () => {
    const server = newServer();
    const [a, b] = [await server.logIn(), await server.logIn()];
    const waits = [a.call("plugin.wait_for_service", ["weather"]), b.call("plugin.wait_for_service", ["weather", 60])];
    const inVain = a.call("plugin.wait_for_service", ["nothing", 5]);
    await settle();
    await offer(server);
    for (const answer of await Promise.all(waits)) expect(answer).toMatchObject({ name: "response", args: null });
    await server.clock.advance(5_000);
    expect(await inVain).toMatchObject({ name: "response", args: null });
  });

  test("discovery asks the owner for its methods", async () => {
    const server = newServer();
    const owner = await offer(server);
    const client = await server.logIn();
    startCall(client, "1", "discovery.get_methods", ["weather"]);
    const call = await nextCall(owner);
    expect(call.args.method).toBe("weather.enumerate_methods");
    owner.send({ namespace: "rpc", name: "response", id: call.id, args: [{ name: "at", private: false }, "junk"] });
    expect((await client.next()).args).toEqual([{ name: "at", private: false, roles: [], allowed: true }]);
  });
});

describe("streams", () => {
  test("an owner's stream is passed on as one, a piece at a time, or collected for whoever wants no streams", async () => {
    const server = newServer({ burstSize: 2 });
    const owner = await offer(server);
    const client = await server.logIn();
    await client.call("test.enable");
    startCall(client, "s", "weather.days");
    const { id } = await nextCall(owner);
    owner.send({ namespace: "rpc", name: "fragment", id, args: { seqno: 1, fragment: [1, 2] } });
    expect(await client.next()).toMatchObject({ name: "fragment", args: { seqno: 1, fragment: [1, 2] } });
    await settle();
    expect(owner.take()).toEqual([]);
    client.send({ namespace: "rpc", name: "continue", id: "s", args: 2 });
    expect(await owner.next()).toMatchObject({ name: "continue", id, args: 2 });
    owner.send({ namespace: "rpc", name: "fragment", id, args: { seqno: 2, fragment: [3] } });
    expect(await owner.next()).toMatchObject({ name: "continue", args: 3 });
    owner.send({ namespace: "rpc", name: "end", id, args: 3 });
    owner.send({ namespace: "rpc", name: "close", id, args: null });
    expect(await client.next()).toMatchObject({ name: "fragment", args: { seqno: 2, fragment: [3] } });

    const plain = await server.logIn();
    startCall(plain, "p", "weather.days");
    const second = (await nextCall(owner)).id;
    owner.send({ namespace: "rpc", name: "fragment", id: second, args: { seqno: 1, fragment: [1] } });
    await owner.next(({ name }) => name === "continue");
    owner.send({ namespace: "rpc", name: "end", id: second, args: 2 });
    expect(await plain.next()).toMatchObject({ name: "response", args: [1] });
  });

  test("fragments that nobody asked for are dropped", async () => {
    const server = newServer({ burstSize: 1 });
    const owner = await offer(server);
    const client = await server.logIn();
    await client.call("test.enable");
    startCall(client, "s", "weather.days");
    const { id } = await nextCall(owner);
    for (const seqno of [1, 2, 3]) {
      owner.send({ namespace: "rpc", name: "fragment", id, args: { seqno, fragment: [seqno] } });
    }
    expect(await client.next()).toMatchObject({ args: { seqno: 1, fragment: [1] } });
    client.send({ namespace: "rpc", name: "continue", id: "s", args: 2 });
    expect(await owner.next()).toMatchObject({ name: "continue", args: 2 });
    owner.send({ namespace: "rpc", name: "error", id, args: { code: 5, message: "torn" } });
    expect(await client.next()).toMatchObject({ name: "error", id: "s", args: { code: 5 } });
  });

  test("an abort, and the owner's loss, reach the other side in the middle of a stream", async () => {
    const server = newServer({ burstSize: 1 });
    const owner = await offer(server);
    const client = await server.logIn();
    await client.call("test.enable");
    startCall(client, "s", "weather.days");
    const { id } = await nextCall(owner);
    owner.send({ namespace: "rpc", name: "fragment", id, args: { seqno: 1, fragment: [1] } });
    await client.next();
    client.send({ namespace: "rpc", name: "abort", id: "s", args: null });
    expect(await owner.next()).toMatchObject({ name: "abort", id });
    expect(await client.next()).toMatchObject({ name: "close" });
    startCall(client, "t", "weather.days");
    const second = (await nextCall(owner)).id;
    owner.send({ namespace: "rpc", name: "fragment", id: second, args: { seqno: 1, fragment: [1] } });
    await client.next();
    client.send({ namespace: "rpc", name: "continue", id: "t", args: 2 });
    await owner.next(({ name }) => name === "continue");
    owner.close();
    expect(await client.next()).toMatchObject({ name: "error", id: "t", args: { code: 53 } });
  });
});

describe("event types", () => {
  test("S52 the owner is told of the first and the last listener", async () => {
    const server = newServer();
    const owner = await offer(server);
    await owner.call("plugin.register_event_type", ["weather", "weather.changed"]);
    const [a, b] = [await server.logIn(), await server.logIn()];
    const masks = { namespace: "events", id: null, args: ["weather.changed"] } as const;
    a.send({ ...masks, name: "subscribe" });
    const enabling = await nextCall(owner);
    expect(enabling.args).toMatchObject({ method: "weather.enable", args: ["weather.changed"] });
    owner.send({ namespace: "rpc", name: "response", id: enabling.id, args: null });
    b.send({ ...masks, name: "subscribe" });
    a.send({ ...masks, name: "unsubscribe" });
    await settle();
    expect(owner.take()).toEqual([]);
    b.close();
    expect((await nextCall(owner)).args).toMatchObject({ method: "weather.disable", args: ["weather.changed"] });
    expect(await owner.call("plugin.unregister_event_type", ["weather.changed"])).toMatchObject({ name: "response" });
    expect(await a.call("plugin.unregister_event_type", ["weather.changed"])).toMatchObject({ args: { code: 2 } });
  });
});
