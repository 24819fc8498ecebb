// What plugins are given under the manual's names, beyond what plugin-manager.test.ts sees of it: taking back by hand, hooks, waiting for events.

import { beforeEach, expect, it } from "vitest";
import { definePlugin, type PluginContext } from "../../src/plugins/index.ts";
import { Task } from "../../src/tasks/index.ts";
import { folderOf, managerOf, type TestHost, testHost } from "./kit.ts";

class Job extends Task {
  run(): void {
    // Nothing to do.
  }
}

let host: TestHost;
let context: PluginContext;
let registered: () => readonly string[];

beforeEach(async () => {
  host = await testHost();
  const plugin = definePlugin({ name: "hands", start: (given) => void (context = given) });
  const manager = managerOf(host, folderOf({}), { plugins: [plugin] });
  await manager.start();
  registered = () => manager.list()[0]?.registered ?? [];
});

it("takes back by hand whatever was registered, each time anew", async () => {
  const handler = (): boolean => true;
  for (let round = 0; round < 2; round++) {
    context.registerProvider("hand", { methods: { wave: { handler: () => "hello" } } });
    context.registerEventType("hand.raised");
    context.registerEventSource("hand", {
      run: (signal) => new Promise((done) => signal.addEventListener("abort", done)),
    });
    context.registerEventHandler("hand.raised", handler);
    context.registerTaskHandler("hand.job", Job);
    context.registerTaskHook("hand.job:after", "hand.job");
    context.registerResource("hand:left");
    context.registerSchemaDefinition("Hand", { type: "object" });
    context.registerHook("hand.hook");
    context.attachHook("hand.hook", handler);
    expect(registered()).toHaveLength(10);
    context.detachHook("hand.hook", handler);
    context.unregisterHook("hand.hook");
    context.unregisterSchemaDefinition("Hand");
    context.unregisterResource("hand:left");
    context.unregisterTaskHook("hand.job:after", "hand.job");
    context.unregisterTaskHandler("hand.job");
    context.unregisterEventHandler("hand.raised", handler);
    await context.unregisterEventSource("hand");
    context.unregisterEventType("hand.raised");
    context.unregisterProvider("hand");
    expect(registered()).toEqual([]);
  }
  expect([host.services.names(), host.events.sources(), [...host.events.types()]]).toEqual([[], [], []]);
  expect([host.schemas.get("Hand"), host.tasks.resources.has("hand:left")]).toEqual([undefined, false]);
});

it("runs hooks in the order of attachment, until one says no", async () => {
  const called: string[] = [];
  const hook = (name: string, answer: boolean) => (what: unknown) => {
    called.push(`${name} ${String(what)}`);
    return answer;
  };
  context.attachHook("ask", hook("first", true));
  const refusing = hook("second", false);
  context.attachHook("ask", refusing);
  context.attachHook("ask", hook("third", true));
  expect(await context.runHook("ask", "a")).toBe(false);
  context.detachHook("ask", refusing);
  expect(await context.runHook("ask", "b")).toBe(true);
  expect(called).toEqual(["first a", "second a", "first b", "third b"]);
});

it("waits for events, misses none, and runs tasks", async () => {
  const raise = (): Promise<void> => context.emitEvent("hand.raised", { hand: "left" });
  const match = ({ hand }: Record<string, unknown>): boolean => hand === "left";
  expect(await context.execAndWaitForEvent({ name: "hand.raised", match, run: raise })).toBe(true);
  const later = context.testOrWaitForEvent({ name: "hand.raised", match, condition: () => false });
  await raise();
  expect(await later).toBe(true);
  expect(await context.testOrWaitForEvent({ name: "hand.raised", condition: () => true })).toBe(true);
  expect(await context.callTaskSync("hand.job")).toBe("result");
});
