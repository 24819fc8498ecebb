// Cases about exchanges and bindings (3).

import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Bus } from "../../bus.ts";
import type { BusContractOptions } from "./options.ts";
import { type World, patience } from "./world.ts";

export function routingCases<Place>(world: () => World, options: BusContractOptions<Place>): void {
  it("3 every queue bound to a direct exchange under an equal key gets one copy, whatever else it is bound to", async () => {
    const bus = await world().open();
    const [first, second, third] = [world().name("a"), world().name("b"), world().name("c")];
    const [key, other] = [world().name("key"), world().name("other")];
    await bus.declareQueue({ queue: first, routingKeys: [key, other] });
    await bus.declareQueue({ queue: second, routingKeys: [key] });
    await bus.declareQueue({ queue: third, routingKeys: [other] });
    await bus.publish(key, "x");
    await expectDepths(bus, { [first]: 1, [second]: 1, [third]: 0 });
    expect(await bus.inspect(key)).toEqual([]);
  });

  it("3 declaring a queue again changes nothing, and adds keys", async () => {
    const bus = await world().open();
    const [queue, key, further] = [world().name("a"), world().name("key"), world().name("further")];
    await bus.declareQueue({ queue, routingKeys: [key] });
    await bus.publish(key, "x");
    await bus.declareQueue({ queue, routingKeys: [key] });
    await bus.declareQueue({ queue, routingKeys: [further] });
    await bus.publish(key, "x");
    await bus.publish(further, "x");
    await expectDepths(bus, { [queue]: 3 });
  });

  it("3 an exchange that exists with another type is a conflict", async () => {
    const bus = await world().open();
    const name = world().name("metrics");
    await bus.declareExchange({ name, type: "topic" });
    await bus.declareExchange({ name, type: "topic" });
    await expect(bus.declareExchange({ name })).rejects.toMatchObject({ code: "BUS_DECLARATION_CONFLICT" });
  });

  it("3 exchanges, queues and bindings are still there after the bus was closed and opened again", async () => {
    const bus = await world().open();
    const [exchange, queue] = [world().name("metrics"), world().name("a")];
    await bus.declareExchange({ name: exchange, type: "topic" });
    await bus.declareQueue({ queue, exchange, routingKeys: ["m.#"] });
    const later = await world().reopen(bus);
    await later.publish("m.x", "x", { exchange });
    await later.declareExchange({ name: exchange, type: "topic" });
    await later.declareQueue({ queue, exchange, routingKeys: ["m.#"] });
    await expectDepths(later, { [queue]: 1 });
  });

  it("3 on a topic exchange * stands for one word and # for any number", async () => {
    const bus = await world().open();
    const word = fc.constantFrom("a", "b", "long");
    const pattern = fc.array(fc.oneof(word, fc.constantFrom("*", "#")), { minLength: 1, maxLength: 5 });
    const key = fc.array(word, { minLength: 1, maxLength: 4 });
    const run = async (patterns: readonly string[][], keys: readonly string[][]): Promise<void> => {
      const exchange = world().name("topics");
      await bus.declareExchange({ name: exchange, type: "topic" });
      const queues = patterns.map((pattern) => ({ queue: world().name("q"), pattern }));
      for (const { queue, pattern } of queues) {
        await bus.declareQueue({ queue, exchange, routingKeys: [pattern.join(".")] });
      }
      for (const one of keys) await bus.publish(one.join("."), "x", { exchange, unroutable: "discard" });
      const expected = queues.map(({ queue, pattern }) => [queue, keys.filter((one) => matches(pattern, one)).length]);
      await expectDepths(bus, Object.fromEntries(expected));
    };
    await run(
      [["#"], ["*"], ["a", "*"], ["#", "b"], ["a", "#", "b"], ["#", "#"]],
      [["a"], ["a", "b"], ["a", "a", "b"]],
    );
    const lists = [fc.array(pattern, { minLength: 1, maxLength: 4 }), fc.array(key, { maxLength: 5 })] as const;
    const numRuns = Math.ceil((options.propertyRuns ?? 50) / 3);
    await fc.assert(fc.asyncProperty(...lists, run), { numRuns, endOnFailure: true });
  });
}

async function expectDepths(bus: Bus, expected: Readonly<Record<string, number>>): Promise<void> {
  const depths = async (): Promise<Record<string, number | undefined>> => {
    const infos = await Promise.all(Object.keys(expected).map((queue) => bus.inspect(queue)));
    return Object.fromEntries(infos.flat().map(({ queue, depth }) => [queue, depth]));
  };
  await expect.poll(depths, patience).toEqual(expected);
}

/** The definition, word by word: slow, and plainly right. */
function matches([first, ...rest]: readonly string[], key: readonly string[]): boolean {
  if (first === undefined) return key.length === 0;
  if (first === "#") return matches(rest, key) || (key.length > 0 && matches(["#", ...rest], key.slice(1)));
  return key.length > 0 && (first === "*" || first === key[0]) && matches(rest, key.slice(1));
}
