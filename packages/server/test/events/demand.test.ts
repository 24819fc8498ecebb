// Sources and the demand for event types: told of the first listener and of the last one's leaving, whatever the order of things.

import { TestClock } from "@switchboard/core/testing";
import * as fc from "fast-check";
import { compilePattern } from "@switchboard/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import { EventHub, type EventSubscription } from "../../src/events/index.ts";
import { listen, TestCaller, TestOutlet } from "./kit.ts";

let clock: TestClock;
let hub: EventHub;
beforeEach(() => {
  clock = new TestClock();
  hub = new EventHub({ clock });
});

function recorder(): { told: string[]; enable: (name: string) => void; disable: (name: string) => void } {
  const told: string[] = [];
  return { told, enable: (name) => void told.push(`+${name}`), disable: (name) => void told.push(`-${name}`) };
}

describe("demand", () => {
  it("S52 a type registered after the subscription is enabled once, disabled once, and ends at zero", async () => {
    const source = recorder();
    const first = listen(hub, ["x.*", "x.y"]);
    const second = listen(hub, ["x.y"]);
    hub.registerSource("x", source);
    hub.registerType("x.y", { source: "x", schema: { type: "object" } });
    expect(hub.types().get("x.y")).toEqual({ source: "x", schema: { type: "object" }, refcount: 3 });
    first.subscription.unsubscribe(["x.*", "x.y"]);
    second.subscription.close();
    await clock.advance(0);
    expect(source.told).toEqual(["+x.y", "-x.y"]);
    expect(hub.types().get("x.y")?.refcount).toBe(0);
  });

  it("tells a source that comes after its types, and one that goes before them", async () => {
    const source = recorder();
    hub.registerType("x.y", { source: "x" });
    hub.on("x.y", () => undefined);
    const stop = hub.registerSource("x", source);
    await stop();
    await clock.advance(0);
    expect(source.told).toEqual(["+x.y", "-x.y"]);
  });

  it("tells one thing after the other, also when telling takes time or fails", async () => {
    const told: string[] = [];
    const demand = {
      enable: async (): Promise<void> => {
        await new Promise<void>((resolve) => clock.setTimer(resolve, 100));
        told.push("enabled");
        throw new Error("no");
      },
      disable: () => told.push("disabled"),
    };
    hub.registerType("x", { demand });
    hub.on("x", () => undefined)();
    await clock.advance(100);
    expect(told).toEqual(["enabled", "disabled"]);
  });

  it("announces types that come and go, and refuses a second one of the same name", () => {
    const { outlet } = listen(hub, ["server.event.*"]);
    const remove = hub.registerType("x");
    expect(() => hub.registerType("x")).toThrow(expect.objectContaining({ code: "EVENT_TYPE_EXISTS" }));
    remove();
    remove();
    expect(outlet.events().map(({ name, args }) => [name, args["name"]])).toEqual([
      ["server.event.added", "x"],
      ["server.event.removed", "x"],
    ]);
  });

  it("counts like a model that looks at everything after each step", async () => {
    const names = ["a.b", "a.c", "b"];
    const masks = ["a.b", "a.*", "*", "[ab]", "b", "a.?"];
    const step = fc.oneof(
      fc.record({ do: fc.constantFrom("subscribe", "unsubscribe"), who: fc.nat(2), mask: fc.constantFrom(...masks) }),
      fc.record({ do: fc.constantFrom("handle", "unhandle", "type", "untype"), name: fc.constantFrom(...names) }),
      fc.record({ do: fc.constant("close"), who: fc.nat(2) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const hub = new EventHub({ clock });
        const enabled = new Map<string, boolean>();
        const demand = {
          enable: (name: string): void => {
            expect(enabled.get(name) ?? false).toBe(false);
            enabled.set(name, true);
          },
          disable: (name: string): void => {
            expect(enabled.get(name)).toBe(true);
            enabled.set(name, false);
          },
        };
        const connections = new Map<number, { subscription: EventSubscription; masks: Set<string> }>();
        const handlers = new Map<string, (() => void)[]>(names.map((name) => [name, []]));
        const types = new Map<string, () => void>();
        const connection = (who: number): { subscription: EventSubscription; masks: Set<string> } => {
          const existing = connections.get(who);
          if (existing !== undefined) return existing;
          const made = {
            subscription: hub.connect(new TestCaller(`${who}`), new TestOutlet()),
            masks: new Set<string>(),
          };
          connections.set(who, made);
          return made;
        };
        for (const step of steps) {
          if ("mask" in step) {
            const { subscription, masks } = connection(step.who);
            if (step.do === "subscribe") masks.add(step.mask);
            else masks.delete(step.mask);
            subscription[step.do as "subscribe"]([step.mask]);
          } else if ("who" in step) {
            connections.get(step.who)?.subscription.close();
            connections.delete(step.who);
          } else if (step.do === "handle") handlers.get(step.name)?.push(hub.on(step.name, () => undefined));
          else if (step.do === "unhandle") handlers.get(step.name)?.pop()?.();
          else if (step.do === "type") {
            if (!types.has(step.name)) types.set(step.name, hub.registerType(step.name, { demand }));
          } else {
            types.get(step.name)?.();
            types.delete(step.name);
          }
          await clock.advance(0);
          const shown = new Map(Array.from(hub.types(), ([name, { refcount }]) => [name, refcount]));
          const model = new Map(
            Array.from(types.keys(), (name) => {
              const fitting = [...connections.values()].flatMap(({ masks }) =>
                [...masks].filter((mask) => compilePattern(mask)(name)),
              );
              return [name, fitting.length + (handlers.get(name)?.length ?? 0)];
            }),
          );
          expect(shown).toEqual(model);
          for (const name of names) expect(enabled.get(name) ?? false).toBe((model.get(name) ?? 0) > 0);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("sources", () => {
  it("run at once, and again after growing pauses when they end or fail", async () => {
    const startedAt: number[] = [];
    const begin = clock.now();
    const stop = hub.registerSource("x", {
      run: () => {
        startedAt.push(clock.now() - begin);
        if (startedAt.length === 2) throw new Error("failed");
      },
    });
    await clock.advance(15_000);
    expect(startedAt).toEqual([0, 1_000, 3_000, 7_000, 15_000]);
    expect(hub.sources()).toEqual(["x"]);
    await stop();
    expect([hub.sources(), clock.pendingTimers]).toEqual([[], 0]);
  });

  it("are told to stop by their signal, and are waited for", async () => {
    const steps: string[] = [];
    const run = async (signal: AbortSignal): Promise<void> => {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      steps.push("ended");
    };
    const stop = hub.registerSource("x", { run });
    await stop();
    steps.push("stopped");
    expect(steps).toEqual(["ended", "stopped"]);
  });

  it("that do not end are left alone after five seconds", async () => {
    const stop = hub.registerSource("x", { run: () => new Promise(() => undefined) });
    let isStopped = false;
    const stopping = stop().then(() => (isStopped = true));
    await clock.advance(4_999);
    expect(isStopped).toBe(false);
    await clock.advance(1);
    await stopping;
  });

  it("have names of their own", () => {
    hub.registerSource("x", {});
    expect(() => hub.registerSource("x", {})).toThrow(expect.objectContaining({ code: "EVENT_SOURCE_EXISTS" }));
  });
});
