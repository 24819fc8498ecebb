import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { expect, it } from "vitest";
import { Steps } from "../src/steps.ts";

function steps() {
  const clock = new TestClock();
  const log: string[] = [];
  const errors: unknown[] = [];
  const logger = { ...silentLogger, error: (fields: object) => void errors.push((fields as { err: unknown }).err) };
  const part = (name: string, stop: () => Promise<void> = () => Promise.resolve()) => ({
    name,
    start: async () => void log.push(`start ${name}`),
    stop: () => {
      log.push(`stop ${name}`);
      return stop();
    },
  });
  const taken = new Steps({ startTimeoutMs: 5_000, stopTimeoutMs: 3_000, clock, logger });
  return { clock, log, errors, part, steps: taken };
}

const never = (): Promise<never> => new Promise(() => undefined);

it("stops in the reverse order of the start, once", async () => {
  const { steps: taken, part, log } = steps();
  await taken.take(part("bus"));
  await taken.take(part("workers"));
  await Promise.all([taken.stopAll(), taken.stopAll()]);
  expect(log).toEqual(["start bus", "start workers", "stop workers", "stop bus"]);
});

it("names the part that does not start in time", async () => {
  const { clock, steps: taken, part } = steps();
  const failure = taken.take({ ...part("datastore"), start: never }).catch((error: unknown) => error);
  await clock.advance(5_000);
  expect(await failure).toMatchObject({
    code: "GATEWAY_STEP_TIMEOUT",
    message: "datastore did not start within 5 s",
  });
});

it("goes on stopping when a part fails or hangs, and says which", async () => {
  const { clock, steps: taken, part, log, errors } = steps();
  await taken.take(part("bus"));
  await taken.take(part("server", () => Promise.reject(new Error("stuck"))));
  await taken.take(part("workers", never));
  const stopped = taken.stopAll();
  await clock.advance(3_000);
  await stopped;
  expect(log.slice(3)).toEqual(["stop workers", "stop server", "stop bus"]);
  expect(errors).toMatchObject([{ message: "workers did not stop within 3 s" }, { message: "stuck" }]);
});

it("closes what starts too late, when it comes", async () => {
  const { clock, steps: taken, log } = steps();
  let arrive: (part: string) => void = () => undefined;
  const start = (): Promise<string> => new Promise((resolve) => (arrive = resolve));
  const failure = taken.take({ name: "bus", start, stop: (part) => void log.push(`stop ${part}`) }).catch(String);
  await clock.advance(5_000);
  expect(await failure).toContain("bus did not start within 5 s");
  arrive("late bus");
  await clock.advance(0);
  expect(log).toEqual(["stop late bus"]);
});

it("does not take longer than twice as long as each part may, and a second for each of the rest", async () => {
  const { clock, steps: taken, part, errors } = steps();
  for (const name of ["bus", "keyvalue", "database", "server"]) await taken.take(part(name, never));
  await taken.take({ ...part("workers", never), waitsFor: () => "telnet" });
  const before = clock.now();
  const stopped = taken.stopAll();
  for (const ms of [3_000, 3_000, 1_000, 1_000, 1_000]) await clock.advance(ms);
  await stopped;
  expect(clock.now() - before).toBe(9_000);
  expect(errors).toMatchObject([
    { message: "workers (telnet) did not stop within 3 s" },
    { message: "server did not stop within 3 s" },
    { message: "database did not stop within 1 s" },
    { message: "keyvalue did not stop within 1 s" },
    { message: "bus did not stop within 1 s" },
  ]);
});
