import { runApplication } from "@switchboard/messaging/testing";
import { expect, it } from "vitest";
import { Shout } from "./shout.ts";

it("answers louder", async () => {
  const { ask, stop } = await runApplication(Shout);
  expect(await ask("hello")).toBe("HELLO!");
  expect(await ask(null, { session_event: "new" })).toBe("Say something.");
  await stop();
});
