import { silentLogger } from "@switchboard/core";
import { sequentialIds } from "@switchboard/core/testing";
import { until } from "@switchboard/testkit";
import { expect, it, onTestFinished } from "vitest";
import { WindowManager, WindowMonitor } from "../../src/components/index.ts";
import { type Engine, onEachEngine } from "./engines.ts";

function manager({ keyValue, clock }: Engine, options: object = {}): WindowManager {
  return new WindowManager(keyValue, {
    windowSize: 10,
    flightLifetimeMs: 100_000,
    clock,
    newId: sequentialIds("k"),
    ...options,
  });
}

async function addMany(windows: WindowManager, count: number): Promise<string[]> {
  const keys = [];
  for (let number = 1; number <= count; number++) keys.push(await windows.add("w", { number }));
  return keys;
}

async function takeAll(windows: WindowManager, window = "w"): Promise<string[]> {
  const keys = [];
  for (let key = await windows.nextKey(window); key !== undefined; key = await windows.nextKey(window)) keys.push(key);
  return keys;
}

onEachEngine("windows", (open) => {
  it("S42 are created once if that is asked for, and listed by age", async () => {
    const engine = await open();
    const windows = manager(engine);
    await windows.createWindow("first", { strict: true });
    await engine.clock.advance(1_000);
    await windows.createWindow("second");
    await expect(windows.createWindow("first", { strict: true })).rejects.toMatchObject({ code: "WINDOW_EXISTS" });
    expect(await windows.windows()).toEqual(["first", "second"]);
    await engine.clock.advance(1_000);
    await windows.createWindow("first");
    expect(await windows.windows()).toEqual(["second", "first"]);
    expect([await windows.windowExists("first"), await windows.windowExists("third")]).toEqual([true, false]);
  });

  it("M65 S42 hand out keys in the order of their data", async () => {
    const windows = manager(await open());
    const keys = await addMany(windows, 3);
    expect(await takeAll(windows)).toEqual(keys);
    expect(await windows.data("w", keys[1] ?? "")).toEqual({ number: 2 });
    expect(await windows.data("w", "unknown")).toBeUndefined();
  });

  it("M65 S42 refuse the eleventh of ten until one is removed", async () => {
    const windows = manager(await open());
    const keys = await addMany(windows, 12);
    expect(await takeAll(windows)).toEqual(keys.slice(0, 10));
    expect([await windows.countWaiting("w"), await windows.countInFlight("w")]).toEqual([2, 10]);
    await windows.removeKey("w", keys[4] ?? "");
    expect(await takeAll(windows)).toEqual([keys[10]]);
    expect(await windows.data("w", keys[4] ?? "")).toBeUndefined();
  });

  it("M65 S42 know keys by the ids of others, both ways, until the key is removed or the id cleared", async () => {
    const windows = manager(await open());
    const [key = "", other = ""] = await addMany(windows, 2);
    await windows.setExternalId("w", key, "smsc-1");
    await windows.setExternalId("w", other, "smsc-2");
    expect([await windows.externalId("w", key), await windows.internalKey("w", "smsc-1")]).toEqual(["smsc-1", key]);
    await windows.removeKey("w", key);
    expect([await windows.externalId("w", key), await windows.internalKey("w", "smsc-1")]).toEqual([
      undefined,
      undefined,
    ]);
    await windows.clearExternalId("w", other);
    expect([await windows.externalId("w", other), await windows.internalKey("w", "smsc-2")]).toEqual([
      undefined,
      undefined,
    ]);
    expect(await windows.data("w", other)).toEqual({ number: 2 });
  });

  it("M66 S42 cannot be removed while keys wait, but with keys in flight, and leave nothing behind", async () => {
    const { keyValue, clock } = await open();
    const windows = manager({ keyValue, clock });
    const [key = ""] = await addMany(windows, 1);
    await expect(windows.removeWindow("w")).rejects.toMatchObject({
      code: "WINDOW_NOT_EMPTY",
      message: "1 keys wait in window w",
    });
    await takeAll(windows);
    await windows.setExternalId("w", key, "smsc-1");
    await windows.removeWindow("w");
    expect(await keyValue.keys()).toEqual([]);
  });

  it("M67 S42 free the room of overdue flights and remember them, so that a late answer finds its data", async () => {
    const engine = await open();
    const windows = manager(engine);
    const keys = await addMany(windows, 30);
    for (const overdue of [10, 20, 30]) {
      expect(await takeAll(windows)).toHaveLength(10);
      await engine.clock.advance(100_001);
      await windows.clearOverdueFlights();
      expect(await windows.countInFlight("w")).toBe(0);
      expect((await windows.overdueKeys("w")).toSorted()).toEqual(keys.slice(0, overdue).toSorted());
    }
    expect(await windows.data("w", keys[0] ?? "")).toEqual({ number: 1 });
  });

  it("forget overdue flights in the end", async () => {
    const { keyValue, clock } = await open();
    const windows = manager({ keyValue, clock }, { forgetAfterMs: 1_000_000 });
    await addMany(windows, 10);
    await takeAll(windows);
    await clock.advance(1_100_001);
    await windows.clearOverdueFlights();
    expect(await windows.overdueKeys("w")).toEqual([]);
    await windows.removeWindow("w");
    expect(await keyValue.keys()).toEqual([]);
  });

  it("M68 are shared by managers that race: nobody gets an error or what another has", async () => {
    const engine = await open();
    const racing = Array.from({ length: 8 }, () => manager(engine, { windowSize: 40 }));
    const keys = await addMany(racing[0] ?? manager(engine), 60);
    const taken = await Promise.all(racing.map((windows) => takeAll(windows)));
    expect(taken.flat().toSorted()).toEqual(keys.slice(0, 40).toSorted());
  });

  it("have Vumi's keys", async () => {
    const { keyValue, clock } = await open();
    const windows = manager({ keyValue, clock });
    await windows.add("w", { a: 1 }, "one");
    await windows.add("w", [], "two");
    await windows.nextKey("w");
    await windows.setExternalId("w", "one", "ext");
    expect(await keyValue.zscore("windows", "w")).toBe(clock.now() / 1_000);
    expect(await keyValue.lrange("windows:w", 0, -1)).toEqual(["two"]);
    expect(await keyValue.get("windows:w:one")).toBe('{"a":1}');
    expect(await keyValue.lrange("windows:inflight:w", 0, -1)).toEqual(["one"]);
    expect(await keyValue.zscore("windows:flightstats:w", "one")).toBe(clock.now() / 1_000);
    expect(await keyValue.get("windows:keymap:w:internal:ext")).toBe("one");
    expect(await keyValue.get("windows:keymap:w:external:one")).toBe("ext");
  });
});

onEachEngine("a window monitor", (open) => {
  async function monitored(options: object = {}) {
    const engine = await open();
    const windows = manager(engine);
    const events: string[] = [];
    const monitor = new WindowMonitor(windows, {
      onKey: async (window, key) => void events.push(`${window} ${key}`),
      onCleanUp: (window) => void events.push(`clean up ${window}`),
      clock: engine.clock,
      ...options,
    });
    onTestFinished(() => monitor.stop());
    monitor.start();
    /** Moves the clock, a round at a time, until the condition holds; answers of Redis take real time. */
    const roundsUntil = (isDone: () => boolean | Promise<boolean>): Promise<boolean> =>
      until(async () => {
        if (await isDone()) return true;
        await engine.clock.advance(10_000);
        return await isDone();
      });
    return { engine, windows, events, monitor, roundsUntil };
  }

  it("feeds every key that may take off, and removes windows that are idle, after saying so", async () => {
    const { windows, events, roundsUntil } = await monitored();
    const keys = await addMany(windows, 2);
    await roundsUntil(() => events.length === 2);
    expect(events).toEqual(keys.map((key) => `w ${key}`));
    expect(await windows.windows()).toEqual(["w"]);
    for (const key of keys) await windows.removeKey("w", key);
    await roundsUntil(async () => (await windows.windows()).length === 0);
    expect(events.slice(2)).toEqual(["clean up w"]);
  });

  it("leaves idle windows alone when told so", async () => {
    const { windows, events, roundsUntil } = await monitored({ cleanUp: false });
    await windows.createWindow("idle");
    await windows.add("w", 1);
    await roundsUntil(() => events.length === 1);
    await windows.add("w", 2);
    await roundsUntil(() => events.length === 2);
    expect(await windows.windows()).toEqual(["idle", "w"]);
  });

  it("S42 goes on when a callback fails, and gives the room back later", async () => {
    const errors: string[] = [];
    const { windows, roundsUntil } = await monitored({
      onKey: () => Promise.reject(new Error("no")),
      logger: { ...silentLogger, error: (_: object, message: string) => errors.push(message) },
    });
    await addMany(windows, 12);
    await roundsUntil(() => errors.length === 10);
    expect(await windows.countWaiting("w")).toBe(2);
    await roundsUntil(() => errors.length === 12);
    expect(await windows.countWaiting("w")).toBe(0);
  });

  it("runs once", async () => {
    const { monitor } = await monitored();
    expect(() => monitor.start()).toThrow(expect.objectContaining({ code: "COMPONENT_ALREADY_RUNNING" }));
    await monitor.stop();
    await monitor.stop();
    monitor.start();
  });
});
