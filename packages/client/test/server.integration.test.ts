// The client and the real server, over WebSockets and Unix sockets: calls, streams, events, services, and connections that are cut.

import { TcpProxy, until } from "@switchboard/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { type Client, type ClientOptions, connect as connectAnywhere, missedEventName } from "../src/index.ts";
import { connect } from "../src/node/index.ts";
import { all, rejection } from "./kit.ts";
import { type RealServer, startRealServer } from "./real-server.ts";

let real: RealServer;
const clients: Client[] = [];

beforeAll(async () => {
  real = await startRealServer();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

afterAll(() => real.close());

async function open(options: ClientOptions = {}): Promise<Client> {
  const { webSocket: url, login } = real;
  const client = await connect({ url, login, reconnect: { minDelayMs: 10, maxDelayMs: 100 }, ...options });
  clients.push(client);
  return client;
}

describe.each(["webSocket", "unix"] as const)("over %s", (kind) => {
  const openHere = (options: ClientOptions = {}): Promise<Client> => open({ url: real[kind], ...options });

  it("logs in, calls with arguments by position and name, and is told what is wrong with them", async () => {
    const client = await openHere();
    expect(client.token).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(client.username).toBe("root");
    expect(await client.call("test.add", [1, 2])).toBe(3);
    expect(await client.call("test.add", { a: 5 })).toBe(5);
    const values = ["Grüße, 世界", { at: new Date(0) }, new Uint8Array([1, 2])];
    expect(await client.call("test.echo", values)).toEqual(values);
    expect(await rejection(client.call("test.add", [1, "2"]))).toMatchObject({ errno: 22, extra: [{ path: [1] }] });
    expect(await rejection(client.call("test.nothing"))).toMatchObject({ errno: 2 });
  });

  it("refuses a wrong password and takes a token", async () => {
    const refused = openHere({ login: { username: "root", password: "wrong", checkPassword: true } });
    expect(await rejection(refused)).toMatchObject({ code: "CLIENT_LOGIN_REFUSED", cause: { errno: 13 } });
    const first = await openHere();
    const second = await openHere({ login: { token: first.token ?? "" } });
    expect(second.username).toBe("root");
    expect(second.token).not.toBe(first.token);
  });

  it("takes a link once, and goes on with the token that it gave", async () => {
    const first = await openHere();
    const link = String(await first.call("auth.create_link", [null]));
    const second = await openHere({ login: { link } });
    expect([second.username, await second.call("test.add", [1])]).toEqual(["root", 1]);
    expect(await rejection(openHere({ login: { link } }))).toMatchObject({ code: "CLIENT_LOGIN_REFUSED" });
  });

  it("streams, leaves a stream early, and collects", async () => {
    const client = await openHere();
    expect(await all(client.stream("test.count", [33]))).toHaveLength(33);
    expect(await all(client.stream("test.count", [0]))).toEqual([]);
    for await (const item of client.stream("test.count", [1_000_000])) if (item === 20) break;
    expect(await client.call("test.count", [40])).toHaveLength(40);
    const plain = await openHere({ features: [] });
    expect(await all(plain.stream("test.count", [33]))).toHaveLength(33);
  });

  it("gives up a call, which the server is told", async () => {
    const client = await openHere();
    expect(await rejection(client.call("test.hang", [], { timeoutMs: 20 }))).toMatchObject({ code: "CLIENT_TIMEOUT" });
    expect(await client.call("test.add", [1])).toBe(1);
  });

  it("hears events, its own included", async () => {
    const client = await openHere();
    const other = await openHere();
    const events = client.events("weather.*");
    await client.call("test.add", [1]);
    other.emit("weather.changed", { city: "Oslo" });
    client.emit("weather.changed", { city: "Rome" });
    const seen = [(await events.next()).value, (await events.next()).value] as { args: { city: string } }[];
    expect(seen.map(({ args }) => args.city).toSorted()).toEqual(["Oslo", "Rome"]);
    expect(seen[0]?.args).toMatchObject({ timestamp: expect.any(Date) as unknown });
  });
});

it("uses the host's own WebSocket where there is one, also through the door for browsers", async () => {
  vi.stubGlobal("WebSocket", WebSocket);
  try {
    const client = await connectAnywhere({ url: real.webSocket, login: real.login, reconnect: false });
    clients.push(client);
    expect(await client.call("test.add", [1, 2])).toBe(3);
    expect(await (await open()).call("test.add", [1])).toBe(1);
  } finally {
    vi.unstubAllGlobals();
  }
});

it("says that there is no server", async () => {
  const options = { login: real.login, reconnect: false } as const;
  const nowhere = await Promise.all(
    ["ws://127.0.0.1:1/dispatcher/socket", "unix:/nowhere/s.sock"].map((url) =>
      rejection(connect({ url, ...options })),
    ),
  );
  expect(nowhere).toMatchObject([{ code: "CLIENT_CONNECT_FAILED" }, { code: "CLIENT_CONNECT_FAILED" }]);
  expect((nowhere[1] as Error).message).toContain("ENOENT");
  const other = await rejection(connect({ url: "http://127.0.0.1:1", ...options }));
  expect(other).toMatchObject({ code: expect.stringMatching(/^CLIENT_(OPTION_INVALID|CONNECT_FAILED)$/) as unknown });
});

describe("services", () => {
  it("of one client are called by another: values, errors, streams, aborts", async () => {
    const owner = await open({ url: real.unix, login: { service: "weatherd" } });
    let ended = 0;
    await owner.offer("weather", {
      methods: {
        today: (city: string) => `rain in ${city}`,
        hours: async function* (): AsyncIterable<number> {
          try {
            for (let hour = 0; ; hour++) yield hour;
          } finally {
            ended++;
          }
        },
      },
    });
    const caller = await open();
    expect(await caller.call("weather.today", ["Oslo"])).toBe("rain in Oslo");
    expect(await rejection(caller.call("weather.tomorrow"))).toMatchObject({ errno: 2 });
    for await (const hour of caller.stream("weather.hours")) if (hour === 40) break;
    await until(() => ended === 1);
    const services = (await caller.call("discovery.get_services")) as string[];
    expect(services).toContain("weather");
    await owner.close();
    await until(async () => !((await caller.call("discovery.get_services")) as string[]).includes("weather"));
  });
});

describe("tasks", () => {
  it("tell how far they are, and their result", async () => {
    const client = await open();
    const task = await client.submitTask("test.gated");
    const seen = new Set<string>();
    for await (const { percentage, message } of task.progress()) {
      // At the beginning it may be told twice where it is: by its record, and by an event.
      if (percentage === 0 || seen.has(message)) continue;
      seen.add(message);
      real.open();
    }
    expect([...seen]).toEqual(["a quarter", "three quarters"]);
    expect(await task.result()).toBe("through");
    expect(await task.status()).toMatchObject({ id: task.id, name: "test.gated", state: "FINISHED" });
  });

  it("that end at once are not missed, however often", async () => {
    const client = await open();
    const tasks = await Promise.all(Array.from({ length: 50 }, (_, n) => client.submitTask("test.instant", [n])));
    const results = await Promise.all(tasks.map((task) => task.result()));
    expect(results).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(await all(client.task(tasks[0]?.id ?? 0).progress())).toEqual([]);
  });

  it("that fail, are aborted, or are unknown reject with the number", async () => {
    const client = await open({ url: real.unix });
    const failing = await client.submitTask("test.failing");
    expect(await rejection(failing.result())).toMatchObject({ errno: 16, details: { state: "FAILED" } });
    const endless = await client.submitTask("test.endless");
    await until(async () => (await endless.status()).state === "EXECUTING");
    await endless.abort();
    expect(await rejection(endless.result())).toMatchObject({ errno: 85, details: { state: "ABORTED" } });
    expect(await rejection(client.submitTask("test.unknown"))).toMatchObject({ errno: 22 });
    expect(await rejection(client.task(1_000_000).result())).toMatchObject({ errno: 2 });
  });

  it("are waited for over a cut connection", async () => {
    const proxy = await TcpProxy.start({ targetPort: Number(new URL(real.webSocket).port) });
    try {
      const client = await open({ url: `ws://127.0.0.1:${proxy.port}` });
      const task = await client.submitTask("test.gated");
      const result = task.result();
      const percentages: number[] = [];
      for await (const { percentage } of task.progress()) {
        if (percentage === 0 || percentages.includes(percentage)) continue;
        percentages.push(percentage);
        const lost = new Promise<void>((resolve) => {
          client.onStateChange((state) => state === "reconnecting" && resolve());
        });
        proxy.cut();
        await lost;
        await client.ready();
        // Answered after the subscription has been taken.
        await client.call("management.ping");
        real.open();
      }
      expect(percentages).toEqual([25, 75]);
      expect(await result).toBe("through");
    } finally {
      proxy.close();
    }
  });
});

describe("a connection that is cut", () => {
  it("comes back with login, masks and services, as often as it is cut", async () => {
    const proxy = await TcpProxy.start({ targetPort: Number(new URL(real.webSocket).port) });
    try {
      const client = await open({ url: `ws://127.0.0.1:${proxy.port}` });
      const events = client.events("cut.*");
      await client.offer("cutter", { methods: { name: () => "cutter" } });
      const observer = await open();
      for (let round = 1; round <= 5; round++) {
        const pending = rejection(client.call("test.hang"));
        const lost = new Promise<void>((resolve) => {
          const stop = client.onStateChange((state) => {
            if (state === "reconnecting") resolve(stop());
          });
        });
        await client.call("test.add", [1]);
        proxy.cut(round % 2 === 0 ? "end" : "reset");
        await lost;
        expect(await pending).toMatchObject({ code: "CLIENT_CONNECTION_LOST", retryable: true });
        await client.ready();
        expect(await client.call("test.add", [round, 1])).toBe(round + 1);
        expect(await observer.call("cutter.name")).toBe("cutter");
        observer.emit("cut.again", { round });
        expect((await events.next()).value).toMatchObject({ name: missedEventName });
        expect((await events.next()).value).toMatchObject({ name: "cut.again", args: { round } });
      }
      expect(proxy.accepted).toBe(6);
    } finally {
      proxy.close();
    }
  });

  it("is noticed when nothing comes through any more", async () => {
    const proxy = await TcpProxy.start({ targetPort: Number(new URL(real.webSocket).port) });
    try {
      const client = await open({ url: `ws://127.0.0.1:${proxy.port}`, heartbeatMs: 500 });
      proxy.stall();
      await until(() => client.state === "reconnecting");
      await proxy.heal();
      await client.ready();
      expect(await client.call("test.add", [1, 1])).toBe(2);
    } finally {
      proxy.close();
    }
  });
});
