// A short walk through the message kernel: what `npm start` shows until there is a gateway to start.

import { styleText } from "node:util";
import { blocking } from "./blocking.ts";
import { cardDealer } from "./card-dealer.ts";
import { deferredReply } from "./deferred-reply.ts";
import { robustness } from "./robustness.ts";
import { runAlone, type Stage } from "./sample.ts";

const stops: readonly (readonly [title: string, file: string, sample: (stage: Stage) => Promise<void>])[] = [
  ["Send to a group, deal from a queue", "card-dealer.ts", cardDealer],
  ["Answers come in any order, unless a message blocks", "blocking.ts", blocking],
  ["Answer later", "deferred-reply.ts", deferredReply],
  ["What goes wrong goes wrong clearly", "robustness.ts", robustness],
];

/** Runs the samples one after the other. */
export async function tour(stage: Stage): Promise<void> {
  for (const [title, file, sample] of stops) {
    stage.print(`\n${styleText("bold", title)}  ${styleText("dim", `examples/kernel/${file}`)}`);
    await sample({ ...stage, print: (line) => stage.print(`  ${line}`) });
  }
  stage.print(`\nTwo processes: npx tsx --conditions=source examples/kernel/two-processes.ts`);
  stage.print("People and programs: the first screen of README.md");
}

await runAlone(import.meta.url, tour);
