// A connection that is lost, and how a client ends, against a server in memory and on a clock under control.

import { TestClock } from "@switchboard/core/testing";
import { RpcError } from "@switchboard/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { ClientError, connect, missedEventName } from "../src/index.ts";
import { MemoryPeer } from "../src/testing/index.ts";
import { all, closeAll, names, rejection, settled, setup } from "./kit.ts";

afterEach(closeAll);

describe("a lost connection", () => {
  it("fails what is pending, comes back after a pause, and restores login, features, masks and services", async () => {
    const services = { test: { slow: () => new Promise(() => undefined) } };
    const { client, peer, clock } = await setup({ services });
    const states: string[] = [];
    client.onStateChange((state) => states.push(state));
    const stream = client.events("task.*");
    await client.offer("weather", { methods: { today: () => "rain" } });
    const token = client.token;
    const failed = rejection(client.call("test.slow"));
    await settled();
    const before = peer.received.length;
    peer.cut();
    expect(await failed).toMatchObject({ code: "CLIENT_CONNECTION_LOST", retryable: true });
    expect(await rejection(client.call("test.slow"))).toMatchObject({ code: "CLIENT_CONNECTION_LOST" });
    const ready = client.ready();
    await clock.advance(499);
    expect(peer.opened).toBe(1);
    await clock.advance(1);
    await ready;
    expect(states).toEqual(["reconnecting", "ready"]);
    const restored = peer.received.slice(before);
    expect(restored.map((frame) => (frame.name === "call" ? frame.args.method : frame.name))).toEqual([
      "auth_token",
      "management.enable_features",
      "subscribe",
      "plugin.register_service",
      "plugin.resume_service",
    ]);
    expect(restored[0]).toMatchObject({ args: { token } });
    expect(client.token).not.toBe(token);
    peer.emit("task.created", { id: 2 });
    expect([(await stream.next()).value, (await stream.next()).value]).toEqual([
      { name: missedEventName, args: { reason: "connection lost", count: null } },
      { name: "task.created", args: { id: 2 } },
    ]);
  });

  it("is tried again after longer and longer pauses", async () => {
    const { peer, clock, client } = await setup({}, { reconnect: { minDelayMs: 100, maxDelayMs: 1_000 } });
    peer.refuse();
    peer.cut();
    await settled();
    const at: number[] = [];
    const start = clock.now();
    client.onStateChange(() => at.push(clock.now() - start));
    await clock.advance(100 + 200 + 400 + 800 + 1_000 - 1);
    expect(peer.refused).toBe(4);
    peer.accept();
    await clock.advance(1);
    expect(client.state).toBe("ready");
    expect(at).toEqual([2_500]);
  });

  it("tells when the next attempt comes, and makes it at once when it is asked to", async () => {
    const { peer, clock, client } = await setup({}, { reconnect: { minDelayMs: 100, maxDelayMs: 1_000 } });
    expect(client.nextAttempt).toBeUndefined();
    peer.refuse();
    peer.cut();
    await settled();
    expect(client.nextAttempt).toEqual({ number: 1, at: clock.now() + 100 });
    await clock.advance(100);
    expect(client.nextAttempt).toEqual({ number: 2, at: clock.now() + 200 });
    peer.accept();
    client.tryNow();
    await settled();
    expect([client.state, client.nextAttempt]).toEqual(["ready", undefined]);
    client.tryNow();
    expect(client.state).toBe("ready");
  });

  it("logs in with the password when the token has died with the server", async () => {
    let known = "";
    let serial = 0;
    const { client, peer, clock } = await setup({
      login: (frame) => {
        if (frame.name === "auth_token" && frame.args.token !== known) throw new RpcError(13, "unknown token");
        known = `token-${++serial}`;
        return [known, 600, "ada"];
      },
    });
    known = "";
    peer.cut();
    await clock.advance(500);
    expect([client.state, client.token]).toEqual(["ready", "token-2"]);
    expect(names(peer).slice(2, 4)).toEqual(["auth_token", "auth"]);
  });

  it("ends the client when the login is refused then, or when it may not come back", async () => {
    let isOpen = true;
    const { client, peer, clock } = await setup(
      {
        login: () => {
          if (!isOpen) throw new RpcError(13, "unknown token");
          return ["t", 600, "ada"];
        },
      },
      { login: { token: "t" } },
    );
    isOpen = false;
    const closed = rejection(all(client.events("*")));
    await settled();
    peer.cut();
    await clock.advance(500);
    expect(client.state).toBe("closed");
    expect(await closed).toMatchObject({ code: "CLIENT_LOGIN_REFUSED" });
    const other = await setup({}, { reconnect: false });
    other.peer.cut();
    await settled();
    expect(other.client.state).toBe("closed");
    expect(await rejection(other.client.call("a.b"))).toMatchObject({ code: "CLIENT_CONNECTION_LOST" });
  });

  it("is noticed by silence after a ping, and not while anything is answered", async () => {
    const { client, peer, clock } = await setup({}, { heartbeatMs: 1_000 });
    await clock.advance(10_000);
    expect(names(peer).filter((name) => name === "management.ping").length).toBeGreaterThan(5);
    expect([client.state, peer.opened]).toEqual(["ready", 1]);
    peer.silence();
    await clock.advance(2_000);
    expect(client.state).toBe("reconnecting");
    peer.silence(false);
    await clock.advance(500);
    expect([client.state, peer.opened]).toEqual(["ready", 2]);
  });

  it("a token is kept alive by pings at least three times in its lifetime", async () => {
    const { peer, clock } = await setup({ login: () => ["t", 6, "ada"] });
    await clock.advance(6_000);
    expect(names(peer).filter((name) => name === "management.ping")).toHaveLength(3);
  });
});

describe("the end", () => {
  it("by the server's logout is told as such, and is final for who has nothing but a token", async () => {
    const services = { test: { slow: () => new Promise(() => undefined) } };
    const { client, peer, clock } = await setup({ services }, { login: { token: "t" } });
    const seen: unknown[] = [];
    client.onStateChange((state, error) => seen.push(state, error));
    const failed = rejection(client.call("test.slow"));
    await settled();
    peer.logout("session was inactive for 600 seconds");
    const error = await failed;
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({
      code: "CLIENT_LOGGED_OUT",
      details: { reason: "session was inactive for 600 seconds" },
    });
    await clock.advance(60_000);
    expect(seen).toEqual(["closed", error]);
    expect(peer.opened).toBe(1);
  });

  it("by the server's logout is followed by another login with the password, not with the dead token", async () => {
    const { client, peer, clock } = await setup();
    const seen: unknown[] = [];
    client.onStateChange((state, error) => seen.push([state, (error as ClientError | undefined)?.code]));
    peer.logout("the server stops");
    await clock.advance(500);
    expect(seen).toEqual([
      ["reconnecting", "CLIENT_LOGGED_OUT"],
      ["ready", undefined],
    ]);
    expect(names(peer).slice(2)).toEqual(["auth", "management.enable_features"]);
  });

  it("of a session whose token is still good is a lost connection, also for who has nothing but the token", async () => {
    const { client, peer, clock } = await setup({}, { login: { token: "t" } });
    const seen: unknown[] = [];
    client.onStateChange((state, error) => seen.push([state, (error as ClientError | undefined)?.code]));
    const args = { reason: "this connection reads too slowly", token_valid: true } as const;
    peer.push({ namespace: "events", name: "logout", id: null, args });
    await clock.advance(500);
    expect(seen).toEqual([
      ["reconnecting", "CLIENT_CONNECTION_LOST"],
      ["ready", undefined],
    ]);
    expect(names(peer).slice(2)).toEqual(["auth_token", "management.enable_features"]);
  });

  it("by close() fails what is pending, twice is once, and no timer stays", async () => {
    const { client, clock, peer } = await setup({ services: { test: { slow: () => new Promise(() => undefined) } } });
    const failed = rejection(client.call("test.slow"));
    await client.close();
    await client.close();
    expect(await failed).toMatchObject({ code: "CLIENT_CLOSED" });
    expect(await rejection(client.call("a.b"))).toMatchObject({ code: "CLIENT_CLOSED" });
    expect(await rejection(client.ready())).toMatchObject({ code: "CLIENT_CLOSED" });
    await settled();
    expect([clock.pendingTimers, peer.connections]).toEqual([0, 0]);
  });

  it("of the connection right after the last answer is not taken for ready", async () => {
    const { client, peer, clock } = await setup({}, { login: undefined as never, features: [] });
    const original = peer.openSocket;
    let opened = 0;
    const other = await connect({
      clock,
      random: () => 0,
      openSocket: (url, handlers) =>
        original(url, {
          ...handlers,
          onOpen: () => {
            handlers.onOpen();
            // In the same turn, before anybody could see that it was open.
            if (++opened === 2) handlers.onClose("closed at once");
          },
        }),
    });
    peer.cut();
    await clock.advance(500);
    expect([other.state, opened]).toEqual(["reconnecting", 2]);
    await clock.advance(1_000);
    expect([other.state, opened]).toEqual(["ready", 3]);
    const closing = connect({
      clock,
      openSocket: (url, handlers) => original(url, handlers),
    });
    await Promise.all([closing.then((third) => third.close()), other.close(), client.close()]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("comes also while the client is on its way back", async () => {
    const { client, clock, peer } = await setup();
    peer.refuse();
    peer.cut();
    await clock.advance(700);
    expect(client.state).toBe("reconnecting");
    await client.close();
    await clock.advance(60_000);
    expect([client.state, clock.pendingTimers]).toEqual(["closed", 0]);
  });

  it("a first connection that fails or hangs rejects", async () => {
    const peer = new MemoryPeer();
    peer.refuse("connect ECONNREFUSED");
    const options = { openSocket: peer.openSocket, clock: new TestClock() };
    expect(await rejection(connect(options))).toMatchObject({ code: "CLIENT_CONNECT_FAILED", retryable: true });
    const clock = new TestClock();
    const hanging = { openSocket: () => ({ send: () => undefined, close: () => undefined }), clock };
    const failed = rejection(connect(hanging));
    await clock.advance(10_000);
    expect(await failed).toMatchObject({ code: "CLIENT_TIMEOUT" });
    expect(await rejection(connect({ timeoutMs: -1 }))).toMatchObject({ code: "CLIENT_OPTION_INVALID" });
  });
});
