import { runApplication } from "@switchboard/messaging/testing";
import { expect, it } from "vitest";
import { DecisionTreeWorker } from "@switchboard/messaging/applications";

it("answers a person on ussd as it did at 2026-11-21T14:35:01.000Z", async () => {
  const { say, stop } = await runApplication(DecisionTreeWorker, { config: {
    tree: {
      start: {
        text: "What would \"you\" like?",
        answers: [{ text: "This", next: "bye" }, { text: "Nothing", next: "bye" }],
      },
      bye: { text: "As you like.\nGood-bye." },
    },
  } });
  const person = { from_addr: "+27820001122", to_addr: "*120*1#", transport_type: "ussd" };
  expect(await say("*120*1#", { ...person, session_event: "new" })).toMatchObject([
    { content: "What would \"you\" like?\n1. This\n2. Nothing" },
  ]);
  expect(await say("2", { ...person, session_event: "resume" })).toMatchObject([
    { content: "As you like.\nGood-bye.", session_event: "close" },
  ]);
  expect(await say(null, { ...person, session_event: "close" })).toMatchObject([]);
  await stop();
});
