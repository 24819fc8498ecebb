import { TestClock } from "@switchboard/core/testing";
import { expect, it } from "vitest";
import { Patience } from "../src/patience.ts";

it("says what takes longer than a second, once, and nothing of what does not", async () => {
  const clock = new TestClock();
  const said: string[] = [];
  const patience = new Patience((text) => said.push(text), clock);
  patience.begin("starting bus");
  await clock.advance(999);
  patience.begin("starting keyvalue");
  await clock.advance(999);
  expect(said).toEqual([]);
  await clock.advance(5_000);
  expect(said).toEqual(["still starting keyvalue"]);
  patience.begin("starting workers");
  patience.end();
  await clock.advance(5_000);
  expect(said).toHaveLength(1);
});
