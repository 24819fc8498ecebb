// The card dealer again, with synchronous messages: each is a plain call, and its answer is there at once.
// Run it: npx tsx --conditions=source examples/kernel/card-dealer-sync.ts

import { BasicMessageListener, Dispatcher } from "@switchboard/core";
import { deck } from "./deck.ts";
import { runAlone, type Stage } from "./sample.ts";

const names = ["Ada", "Bob", "Cyd", "Dan"];

/** Prints the greetings and each player's hand. */
export async function cardDealerSync(stage: Stage): Promise<void> {
  const dispatcher = new Dispatcher({ clock: stage.clock });
  const hands = new Map(names.map((name) => [name, [] as string[]]));
  for (const name of names) {
    const player = new BasicMessageListener(name);
    player.add({ match: { type: "card" }, callback: ({ content }) => hands.get(name)?.push(String(content)) });
    player.add({
      match: { type: "greeting" },
      callback: ({ sourceId }) => stage.print(`${name} hears ${String(sourceId)}`),
    });
    dispatcher.register(player);
    dispatcher.joinGroup("table", player);
  }

  dispatcher.sendSync({ type: "greeting", sourceId: "Ada", groupId: "table" });
  let dealt = 0;
  for (const [turn, card] of deck(20).entries()) {
    const held = dispatcher.sendSync({
      type: "card",
      sourceId: "Ada",
      destinationId: names[turn % names.length],
      content: card,
    });
    dealt = Math.max(dealt, Number(held));
  }
  for (const [name, hand] of hands) stage.print(`${name}: ${hand.join(" ")}`);
  stage.print(`Each holds ${dealt}.`);
  await dispatcher.shutdown();
}

await runAlone(import.meta.url, cardDealerSync);
