// Events as a client hears, loses and emits them, against a server in memory and on a clock under control.

import { afterEach, describe, expect, it } from "vitest";
import { missedEventName } from "../src/index.ts";
import { closeAll, rejection, settled, setup } from "./kit.ts";

afterEach(closeAll);

describe("events", () => {
  it("reach handlers and loops by mask; the server hears of a mask once, and of its end once", async () => {
    const { client, peer } = await setup();
    const seen: string[] = [];
    const stops = [1, 2].map((n) => client.on(["task.*", "*"], ({ name }) => seen.push(`${n}:${name}`)));
    const stream = client.events("task.*");
    await settled();
    peer.emit("task.created", { id: 1 });
    expect(await stream.next()).toEqual({ done: false, value: { name: "task.created", args: { id: 1 } } });
    expect(seen).toEqual(["1:task.created", "2:task.created"]);
    for (const stop of stops) stop();
    stops[0]?.();
    await stream.return();
    await settled();
    const told = peer.received.flatMap((frame) =>
      frame.name === "subscribe" || frame.name === "unsubscribe" ? [[frame.name, frame.id, frame.args]] : [],
    );
    expect(told).toEqual([
      ["subscribe", null, ["task.*", "*"]],
      ["unsubscribe", null, ["*"]],
      ["unsubscribe", null, ["task.*"]],
    ]);
  });

  it("say how many were dropped when nobody reads", async () => {
    const { client, peer } = await setup();
    const stream = client.events("n", { maxBuffered: 3 });
    await settled();
    for (let n = 1; n <= 5; n++) peer.emit("n", { n });
    await settled();
    const read = [await stream.next(), await stream.next(), await stream.next(), await stream.next()];
    expect(read.map(({ value }) => value)).toEqual([
      { name: missedEventName, args: { reason: "buffer full", count: 2 } },
      { name: "n", args: { n: 3 } },
      { name: "n", args: { n: 4 } },
      { name: "n", args: { n: 5 } },
    ]);
  });

  it("come from bursts too, and are emitted", async () => {
    const { client, peer, errors } = await setup();
    const seen: unknown[] = [];
    client.on("sensor.*", ({ args }) => seen.push(args));
    client.on("sensor.*", () => {
      throw new Error("a handler's mistake");
    });
    await settled();
    const events = [1, 2].map((value) => ({ name: "sensor.read", args: { value } }));
    peer.push({ namespace: "events", name: "event_burst", id: null, args: { events } });
    client.emit("sensor.read", { value: 3 });
    await settled();
    expect(seen).toEqual([{ value: 1 }, { value: 2 }, { value: 3 }]);
    expect(errors).toHaveLength(3);
  });

  it("loops end with the client, and throw what ended it", async () => {
    const { client } = await setup();
    const stream = client.events("*");
    await client.close();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(await client.events("*").next()).toEqual({ done: true, value: undefined });
    const other = await setup({}, { login: { token: "t" } });
    const loggedOut = other.client.events("*");
    other.peer.logout("session was inactive for 600 seconds");
    expect(await rejection(loggedOut.next())).toMatchObject({ code: "CLIENT_LOGGED_OUT" });
  });
});
