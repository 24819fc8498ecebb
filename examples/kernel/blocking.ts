// Blocking and ordinary messages to one listener, whose answers take 300, 40 and 50 milliseconds.
// Run it: npx tsx --conditions=source examples/kernel/blocking.ts

import { BasicMessageListener, Dispatcher, type Message } from "@switchboard/core";
import { pause, runAlone, type Stage } from "./sample.ts";

const takesMs: Readonly<Record<string, number>> = { A: 300, B: 40, C: 50 };

/** Prints the answers as they come: B, C, A, and then, each holding up the next, A, B, C. */
export async function blocking(stage: Stage): Promise<void> {
  const dispatcher = new Dispatcher({ clock: stage.clock });
  const slow = new BasicMessageListener("slow");
  slow.add({
    match: { type: ["A", "B", "C"] },
    asyncCallback: async ({ type }: Message) => {
      await pause(stage, takesMs[type] ?? 0);
      return type;
    },
  });
  dispatcher.register(slow);

  for (const isBlocking of [false, true]) {
    stage.print(isBlocking ? "Blocking messages:" : "Ordinary messages:");
    const answers = ["A", "B", "C"].map(async (type) => {
      const answer = await dispatcher.send({
        type,
        destinationId: "slow",
        responseRequired: true,
        blocking: isBlocking,
      });
      stage.print(`  ${String(answer)}`);
    });
    await Promise.all(answers);
  }

  dispatcher.deregister(slow);
  const { activeChannels, awaitedResponses, listeners } = dispatcher.activity();
  stage.print(`Left over: ${activeChannels} channels, ${awaitedResponses} awaited answers, ${listeners} listeners.`);
  await dispatcher.shutdown();
}

await runAlone(import.meta.url, blocking);
