// A listener that cannot answer yet says so, and answers later by the message's id. Errors reach the sender all the same.
// Run it: npx tsx --conditions=source examples/kernel/deferred-reply.ts

import { BasicMessageListener, DEFERRED, Dispatcher, type Message } from "@switchboard/core";
import { pause, runAlone, type Stage } from "./sample.ts";

/** Prints an answer that came later, and an error that came back. */
export async function deferredReply(stage: Stage): Promise<void> {
  const dispatcher = new Dispatcher({ clock: stage.clock });
  const asked: Message[] = [];
  const oracle = new BasicMessageListener("oracle");
  oracle.add({
    match: { type: "question" },
    callback: (message) => {
      asked.push(message);
      return DEFERRED;
    },
  });
  oracle.add({
    match: { type: "riddle" },
    callback: () => {
      throw new RangeError("Nobody knows.");
    },
  });
  dispatcher.register(oracle);

  const answer = dispatcher.send({
    type: "question",
    destinationId: "oracle",
    content: "When?",
    responseRequired: true,
  });
  await pause(stage, 50);
  stage.print(`The oracle was asked ${asked.map(({ content }) => String(content)).join(", ")} and is thinking.`);
  for (const { id } of asked) await dispatcher.send({ id, isResponse: true, content: "Soon." });
  stage.print(`It answers: ${String(await answer)}`);

  try {
    await dispatcher.send({ type: "riddle", destinationId: "oracle", responseRequired: true });
  } catch (error) {
    stage.print(`A riddle comes back as ${String(error)}`);
  }
  await dispatcher.shutdown();
}

await runAlone(import.meta.url, deferredReply);
