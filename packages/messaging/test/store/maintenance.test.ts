import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { beforeEach, expect, it } from "vitest";
import { Maintenance, type MaintenanceOptions } from "../../src/store/maintenance.ts";

let clock: TestClock;
let log: string[];
let left: number;
let stored: number;

beforeEach(() => {
  clock = new TestClock();
  log = [];
  left = 0;
  stored = 0;
});

function start(more: Partial<MaintenanceOptions> = {}): Maintenance {
  return new Maintenance({
    clock,
    logger: {
      ...silentLogger,
      info: (_fields: object, line: string) => void log.push(line),
      error: (_fields: object, line: string) => void log.push(line),
    },
    builder: {
      step: async () => {
        if (left === 0) return false;
        left -= 1;
        return true;
      },
      untilUs: async () => 1,
    },
    prune: async () => log.push("pruned"),
    stored: () => stored,
    ...more,
  });
}

it("forgets once a minute, and goes on when it could not", async () => {
  let tries = 0;
  const prune = async (): Promise<void> => {
    tries += 1;
    if (tries === 2) throw new Error("no");
    log.push("pruned");
  };
  const maintenance = start({ prune });
  await clock.advance(180_000);
  expect(log).toEqual(["pruned", "old messages could not be forgotten", "pruned"]);
  await maintenance.end();
  await clock.advance(180_000);
  expect(tries).toBe(3);
});

it("builds all blocks that there are every five seconds, with a pause as long as a step behind each", async () => {
  const maintenance = start();
  left = 3;
  await clock.advance(4_999);
  expect(left).toBe(3);
  await clock.advance(1);
  expect(left).toBe(2);
  await clock.advance(1);
  expect(left).toBe(1);
  await clock.advance(1);
  expect(left).toBe(0);
  left = 1;
  await clock.advance(5_010);
  expect(left).toBe(0);
  await maintenance.end();
});

it("takes a twentieth of the time while much is stored", async () => {
  const maintenance = start({ stored: () => (stored += 100) });
  left = 10;
  await clock.advance(5_000);
  const before = left;
  await clock.advance(60);
  expect(before - left).toBe(3);
  await maintenance.end();
});

it("says how far it has come, every half minute, and when it is done", async () => {
  const maintenance = start();
  left = 60_000;
  await clock.advance(5_000 + 60_000 + 1_000);
  expect(log.filter((line) => line !== "pruned")).toEqual([
    "messages are being indexed",
    "messages are being indexed",
    "messages are indexed",
  ]);
  await maintenance.end();
});

it("tries again in a minute when a block cannot be built", async () => {
  let tries = 0;
  const step = async (): Promise<boolean> => {
    tries += 1;
    throw new Error("the disk is full");
  };
  const maintenance = start({ builder: { step, untilUs: async () => undefined }, prune: undefined });
  await clock.advance(64_000);
  expect(tries).toBe(1);
  await clock.advance(1_000);
  expect(tries).toBe(2);
  expect(log).toEqual([
    "the index of messages could not be kept; tried again in a minute",
    "the index of messages could not be kept; tried again in a minute",
  ]);
  await maintenance.end();
});

it("ends at once while it pauses, and waits for a step that is being done", async () => {
  const pausing = start();
  left = 5;
  await clock.advance(5_000);
  await pausing.end();
  expect(left).toBe(4);

  let finish: (isMore: boolean) => void = () => undefined;
  const step = (): Promise<boolean> => new Promise((resolve) => (finish = resolve));
  const stepping = start({ builder: { step, untilUs: async () => undefined } });
  await clock.advance(5_000);
  let isEnded = false;
  const ended = stepping.end().then(() => (isEnded = true));
  await clock.advance(1_000);
  expect(isEnded).toBe(false);
  finish(true);
  await ended;
});
