// `entity-subscriber.<service>.changed`: events that carry the changed objects themselves.

import type { CallArguments } from "@switchboard/protocol";
import { TestClock } from "@switchboard/core/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { EventHub, startEntitySubscriber } from "../../src/events/index.ts";
import { listen } from "./kit.ts";

let clock: TestClock;
let hub: EventHub;
let calls: unknown[];
let answer: () => unknown;
let stop: () => void;

beforeEach(() => {
  clock = new TestClock();
  hub = new EventHub({ clock });
  calls = [];
  answer = () => [{ id: 1 }];
  const call = async (method: string, args?: CallArguments): Promise<unknown> => {
    calls.push([method, args]);
    return answer();
  };
  hub.registerType("disk.changed");
  stop = startEntitySubscriber({ events: hub, services: { call } });
});

const changes: [string, object, unknown[], object][] = [
  [
    "create",
    { operation: "create", ids: [1] },
    [["disk.query", [[["id", "in", [1]]]]]],
    { operation: "create", ids: [1], entities: [{ id: 1 }] },
  ],
  ["delete", { operation: "delete", ids: [1] }, [], { operation: "delete", ids: [1], entities: null }],
  ["rename", { operation: "rename", ids: [[1, 2]] }, [], { operation: "rename", ids: [[1, 2]], entities: null }],
  [
    "configuration",
    { operation: "update" },
    [["disk.get_config", undefined]],
    { operation: "update", data: [{ id: 1 }] },
  ],
];

describe("entity subscriber", () => {
  it.each(changes)("turns a change (%s) into an event with its objects", async (_, change, called, expected) => {
    const { outlet } = listen(hub, ["entity-subscriber.disk.changed"]);
    await clock.advance(0);
    void hub.emit("disk.changed", { ...change });
    await clock.advance(0);
    expect(calls).toEqual(called);
    expect(outlet.events().map(({ args }) => Object.assign(args, { timestamp: undefined }))).toEqual([
      { service: "disk", nolog: true, ...expected },
    ]);
  });

  it("asks nothing while nobody listens", async () => {
    void hub.emit("disk.changed", { operation: "create", ids: [1] });
    await clock.advance(0);
    const { subscription } = listen(hub, ["entity-subscriber.*"]);
    subscription.close();
    await clock.advance(0);
    void hub.emit("disk.changed", { operation: "create", ids: [1] });
    await clock.advance(0);
    expect(calls).toEqual([]);
  });

  it("keeps the order of one service, collects streams, and drops what cannot be looked up", async () => {
    const { outlet } = listen(hub, ["entity-subscriber.*"]);
    await clock.advance(0);
    const answers: (() => unknown)[] = [
      async function* () {
        yield { id: 1 };
      },
      () => {
        throw new Error("no");
      },
      () => [{ id: 3 }],
    ];
    answer = () => answers.shift()?.();
    for (const id of [1, 2, 3]) void hub.emit("disk.changed", { operation: "update", ids: [id] });
    await clock.advance(0);
    expect(outlet.events().map(({ args }) => args["entities"])).toEqual([[{ id: 1 }], [{ id: 3 }]]);
  });

  it("follows types that come and go, and takes everything back", () => {
    const remove = hub.registerType("pool.changed");
    expect([...hub.types().keys()]).toEqual([
      "disk.changed",
      "entity-subscriber.disk.changed",
      "pool.changed",
      "entity-subscriber.pool.changed",
    ]);
    remove();
    stop();
    expect([...hub.types().keys()]).toEqual(["disk.changed"]);
  });
});
