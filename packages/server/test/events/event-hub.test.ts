// Who gets which event, in which order, and what client emissions may do.

import type { Logger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { EventHub } from "../../src/events/index.ts";
import { administrator, listen, service, TestCaller, TestOutlet } from "./kit.ts";

let clock: TestClock;
let hub: EventHub;
let logged: string[];

beforeEach(() => {
  clock = new TestClock();
  logged = [];
  const log = (_: object, message: string): void => void logged.push(message);
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  hub = new EventHub({ clock, logger });
});

describe("masks", () => {
  it("S43 answers a subscription with nothing", () => {
    expect(listen(hub, ["task.*"]).outlet.frames).toEqual([]);
  });

  it("S44 sends one copy, however many masks fit", () => {
    const { outlet } = listen(hub, ["task.*", "*", "task.created"]);
    void hub.emit("task.created", { id: 1 });
    expect(outlet.names()).toEqual(["task.created"]);
  });

  it("S45 lets a star cross dots", () => {
    const { outlet } = listen(hub, ["*.changed"]);
    void hub.emit("a.b.changed");
    expect(outlet.names()).toEqual(["a.b.changed"]);
  });

  it("S46 tells upper from lower case", () => {
    const { outlet } = listen(hub, ["Task.*"]);
    void hub.emit("task.created");
    expect(outlet.frames).toEqual([]);
  });

  it("S47 removes equal masks only", () => {
    const { outlet, subscription } = listen(hub, ["*"]);
    subscription.unsubscribe(["task.*"]);
    void hub.emit("task.created");
    subscription.unsubscribe(["*"]);
    void hub.emit("task.updated");
    expect(outlet.names()).toEqual(["task.created"]);
  });

  it("ignores subscriptions before login, and items that are not texts", () => {
    const stranger = new TestCaller("stranger", { principal: undefined });
    const { outlet } = listen(hub, ["*"], stranger);
    const other = listen(hub, []);
    other.subscription.subscribe([1, null, "x"]);
    void hub.emit("x");
    expect(outlet.frames).toEqual([]);
    expect(other.subscription.masks()).toEqual(["x"]);
    expect(hub.masksOf(other.caller)).toEqual(["x"]);
  });

  it("ends a connection that wants more masks than allowed", () => {
    const small = new EventHub({ maxMasks: 2 });
    const { outlet, subscription } = listen(small, ["a", "b", "c"]);
    expect(outlet.reasons).toEqual(["at most 2 event masks of at most 1024 characters are allowed"]);
    expect(subscription.masks()).toEqual(["a", "b"]);
  });

  it("sends events of a type with roles only to those who have them", () => {
    hub.registerType("secret.changed", { roles: ["auditor"] });
    const reader = listen(hub, ["*"]);
    const auditor = listen(
      hub,
      ["*"],
      new TestCaller("auditor", { principal: { kind: "user", name: "bob", roles: new Set(["auditor"]) } }),
    );
    const root = listen(hub, ["*"], new TestCaller("root", { principal: administrator }));
    void hub.emit("secret.changed");
    expect([reader, auditor, root].map(({ outlet }) => outlet.names())).toEqual([
      [],
      ["secret.changed"],
      ["secret.changed"],
    ]);
  });
});

describe("order and frames", () => {
  it("encodes an event once for all, with the time in UTC", () => {
    const first = listen(hub, ["x"]);
    const second = listen(hub, ["*"]);
    void hub.emit("x", { a: 1 });
    expect(first.outlet.frames).toEqual([
      '{"namespace":"events","name":"event","id":null,"args":{"name":"x","args":{"a":1,"timestamp":{"$date":"2026-01-01 00:00:00"}}}}',
    ]);
    expect(second.outlet.frames).toEqual(first.outlet.frames);
  });

  it("shows all connections one order, also of events emitted while another is handed out", () => {
    const first = listen(hub, ["*"]);
    first.outlet.send = ({ text }) => {
      first.outlet.frames.push(text);
      if (text.includes('"outer"')) void hub.emit("inner");
      return true;
    };
    const second = listen(hub, ["*"]);
    void hub.emit("outer");
    expect(first.outlet.names()).toEqual(["outer", "inner"]);
    expect(second.outlet.names()).toEqual(["outer", "inner"]);
  });

  it("joins events into bursts for a connection that asked for them", async () => {
    const caller = new TestCaller("burst");
    caller.features.add("event_bursts");
    const { outlet } = listen(hub, ["*"], caller);
    for (const id of [1, 2, 3]) void hub.emit("x", { id, timestamp: null });
    await new Promise(setImmediate);
    expect(outlet.frames).toEqual([
      '{"namespace":"events","name":"event_burst","id":null,"args":{"events":[' +
        [1, 2, 3].map((id) => `{"name":"x","args":{"id":${id},"timestamp":null}}`).join(",") +
        "]}}",
    ]);
    void hub.emit("y");
    await new Promise(setImmediate);
    expect(outlet.frames.at(-1)).toContain('"name":"event"');
  });

  it("holds events back while suspended", () => {
    const early = listen(hub, ["*"]);
    hub.suspend();
    const late = listen(hub, ["*"]);
    void hub.emit("a");
    void hub.emit("b");
    expect([early.outlet.frames, late.outlet.frames]).toEqual([[], []]);
    hub.resume();
    expect([early.outlet.names(), late.outlet.names()]).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
  });

  it("drops what cannot be encoded, with a line in the log", async () => {
    const { outlet } = listen(hub, ["*"]);
    const args: Record<string, unknown> = {};
    args["self"] = {
      get deeper() {
        return this;
      },
    };
    hub.on("x", () => undefined);
    await hub.emit("x", args);
    await hub.emit("y", "no object" as never);
    expect(outlet.events()).toMatchObject([{ name: "y", args: { value: "no object" } }]);
    expect(logged).toEqual(["an event could not be encoded and was not sent", "an event handler has failed"]);
  });
});

describe("slow connections", () => {
  it("S106 bounds what waits for a peer that does not read, tells it why it is ended, and others get everything", () => {
    const small = new EventHub({ maxEvents: 3 });
    const slow = listen(small, ["*"]);
    slow.outlet.isReading = false;
    const quick = listen(small, ["*"]);
    for (let count = 0; count < 10; count++) void small.emit(`e${count}`);
    expect(slow.outlet.names()).toEqual(["e0"]);
    expect(slow.outlet.reasons).toEqual([
      'this connection reads too slowly: 4 events were waiting and are lost, the last of them "e4"',
    ]);
    expect(slow.subscription.pending).toBe(0);
    expect(quick.outlet.names()).toHaveLength(10);
  });

  it("S106 bounds their size too", () => {
    const small = new EventHub({ maxChars: 1_000 });
    const { outlet } = listen(small, ["*"]);
    outlet.isReading = false;
    for (let count = 0; count < 3; count++) void small.emit("x", { text: "a".repeat(600) });
    expect(outlet.reasons).toHaveLength(1);
  });

  it("sends what waited, in order, when the peer has caught up", () => {
    const { outlet, subscription } = listen(hub, ["*"]);
    outlet.isReading = false;
    for (const name of ["a", "b", "c"]) void hub.emit(name);
    expect(outlet.names()).toEqual(["a"]);
    subscription.flush();
    expect(outlet.names()).toEqual(["a", "b"]);
    outlet.isReading = true;
    subscription.flush();
    void hub.emit("d");
    expect(outlet.names()).toEqual(["a", "b", "c", "d"]);
    expect(subscription.pending).toBe(0);
  });

  it("forgets a connection that is closed", () => {
    const { outlet, subscription, caller } = listen(hub, ["*"]);
    subscription.close();
    subscription.close();
    subscription.subscribe(["x"]);
    void hub.emit("x");
    expect(outlet.frames).toEqual([]);
    expect(hub.masksOf(caller)).toEqual([]);
  });
});

describe("events of clients", () => {
  it("S48 gives the sender its own event, stamped", () => {
    const { caller, outlet } = listen(hub, ["chat"]);
    void hub.emitFrom(caller, "chat", { text: "hi" });
    expect(outlet.events()).toEqual([
      { name: "chat", args: { text: "hi", timestamp: { $date: "2026-01-01 00:00:00" } } },
    ]);
  });

  it.each([["args"], [null], [[1, 2]], [7]])("S49 wraps args that are no object: %j", (value) => {
    const { caller, outlet } = listen(hub, ["chat"]);
    void hub.emitFrom(caller, "chat", value);
    expect(outlet.events()[0]?.args).toMatchObject({ value });
  });

  it("S50 a burst of three comes as three events in order", () => {
    const { caller, outlet } = listen(hub, ["*"]);
    for (const name of ["a", "b", "c"]) void hub.emitFrom(caller, name, {});
    expect(outlet.frames.map((text) => JSON.parse(text) as object)).toMatchObject(
      ["a", "b", "c"].map((name) => ({ name: "event", args: { name } })),
    );
  });

  it("S51 drops reserved names of ordinary clients and administrators, and of strangers all names", () => {
    const { caller, outlet } = listen(hub, ["*"]);
    for (const name of ["server.shutdown", "task.x", "plugin.y", "session.z"]) void hub.emitFrom(caller, name, {});
    void hub.emitFrom(new TestCaller("root", { principal: administrator }), "server.shutdown", {});
    void hub.emitFrom(new TestCaller("stranger", { principal: undefined }), "chat", {});
    expect(outlet.frames).toEqual([]);
    void hub.emitFrom(new TestCaller("etcd", { principal: service }), "plugin.y", {});
    hub.registerType("task.mine", { owner: caller });
    void hub.emitFrom(caller, "task.mine", {});
    expect(outlet.names()).toEqual(["plugin.y", "server.event.added", "task.mine"]);
  });

  it("drops events of a type whose roles the client lacks, and names out of bounds", () => {
    const { caller, outlet } = listen(hub, ["*"]);
    const remove = hub.registerType("audit", { roles: ["auditor"] });
    void hub.emitFrom(caller, "audit", {});
    remove();
    void hub.emitFrom(caller, "", {});
    void hub.emitFrom(caller, "x".repeat(257), {});
    expect(outlet.names()).toEqual(["server.event.added", "server.event.removed"]);
  });
});

describe("handlers", () => {
  it("S67 emitting waits for sync handlers, one after another, and not for others", async () => {
    const order: string[] = [];
    const later = async (name: string): Promise<void> => {
      order.push(`${name} begins`);
      await new Promise<void>((resolve) => clock.setTimer(resolve, 1_000));
      order.push(`${name} ends`);
    };
    hub.on("x", () => later("plain"));
    hub.on("x", () => later("first"), { sync: true });
    hub.on("x", () => later("second"), { sync: true });
    let isDone = false;
    const emitted = hub.emit("x").then(() => (isDone = true));
    await clock.advance(1_500);
    expect(isDone).toBe(false);
    expect(order).toEqual(["first begins", "plain begins", "first ends", "second begins", "plain ends"]);
    await clock.advance(1_000);
    await emitted;
    expect(order.at(-1)).toBe("second ends");
    // Nothing but sync handlers holds the emitter.
    hub.on("y", () => new Promise(() => undefined));
    await hub.emit("y");
  });

  it("S67 an event emitted in a sync handler is delivered before the outer one is done", async () => {
    const { outlet } = listen(hub, ["*"]);
    hub.on("outer", () => void hub.emit("inner"), { sync: true });
    const seen: string[][] = [];
    await hub.emit("outer").then(() => seen.push(outlet.names()));
    expect(seen).toEqual([["outer", "inner"]]);
  });

  it("S68 a handler that throws disturbs neither other handlers nor subscribers nor the emitter", async () => {
    const { outlet } = listen(hub, ["x"]);
    const called: string[] = [];
    hub.on("x", () => {
      throw new Error("plain");
    });
    hub.on("x", () => Promise.reject(new Error("sync")), { sync: true });
    hub.on("x", () => called.push("plain"));
    hub.on("x", () => called.push("sync"), { sync: true });
    await hub.emit("x");
    await clock.advance(0);
    expect(called.toSorted()).toEqual(["plain", "sync"]);
    expect(outlet.names()).toEqual(["x"]);
    expect(logged).toEqual(["an event handler has failed", "an event handler has failed"]);
  });

  it("gives each handler its own copy", async () => {
    const args = { list: [{ a: 1 }], at: new Date(5) };
    const seen: unknown[] = [];
    hub.on("x", (copy) => (copy["list"] as { a: number }[]).push({ a: 2 }), { sync: true });
    hub.on("x", (copy) => seen.push(copy["list"]), { sync: true });
    await hub.emit("x", args);
    expect(seen).toEqual([[{ a: 1 }]]);
    expect(args.list).toEqual([{ a: 1 }]);
  });

  it("calls a handler for its exact name only, until it is removed; once: for one event", async () => {
    const called: string[] = [];
    const remove = hub.on("x", (_, name) => called.push(name));
    hub.once("x", () => called.push("once"));
    void hub.emit("x");
    void hub.emit("x");
    void hub.emit("x.y");
    await clock.advance(0);
    remove();
    remove();
    await hub.emit("x");
    await clock.advance(0);
    expect(called).toEqual(["x", "once", "x"]);
  });
});

describe("waiting", () => {
  it("returns at once when the condition holds", async () => {
    expect(await hub.testOrWait({ name: "x", condition: () => true })).toBe(true);
    expect(await hub.testOrWait({ name: "x", condition: () => Promise.resolve(1) })).toBe(true);
  });

  it("does not miss an event between the test and the waiting", async () => {
    const condition = async (): Promise<boolean> => {
      await hub.emit("x", { id: 1 });
      await hub.emit("x", { id: 2 });
      return false;
    };
    expect(await hub.testOrWait({ name: "x", match: ({ id }) => id === 2, condition, timeoutMs: 1_000 })).toBe(true);
  });

  it("does not miss the event that the function causes", async () => {
    expect(await hub.execAndWait({ name: "x", run: () => hub.emit("x"), timeoutMs: 1_000 })).toBe(true);
  });

  it("gives up after the time allowed, and leaves no handler in any case", async () => {
    hub.registerType("x");
    const waiting = hub.testOrWait({ name: "x", condition: () => false, timeoutMs: 1_000 });
    await clock.advance(1_000);
    expect(await waiting).toBe(false);
    const failing = hub.execAndWait({ name: "x", run: () => Promise.reject(new Error("no")) });
    await expect(failing).rejects.toThrow("no");
    const misjudging = hub.execAndWait({
      name: "x",
      match: () => {
        throw new Error("match");
      },
      run: () => hub.emit("x"),
    });
    await expect(misjudging).rejects.toThrow("match");
    expect(hub.types().get("x")?.refcount).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("closing", () => {
  it("goes quiet", async () => {
    const { outlet } = listen(hub, ["*"]);
    await hub.close();
    await hub.emit("x");
    expect(outlet.frames).toEqual([]);
  });

  it("refuses names that are none", () => {
    expect(() => hub.registerType("")).toThrow(expect.objectContaining({ code: "EVENT_NAME_INVALID" }));
    expect(() => hub.registerSource("a b", {})).toThrow(expect.objectContaining({ code: "EVENT_NAME_INVALID" }));
    expect(new TestOutlet().names()).toEqual([]);
  });
});
