// Four players greet the table; the first deals twenty cards in turn; each takes five from its queue.
// Run it: npx tsx --conditions=source examples/kernel/card-dealer.ts

import { BasicMessageListener, Dispatcher, MessageQueue } from "@switchboard/core";
import { deck } from "./deck.ts";
import { runAlone, type Stage } from "./sample.ts";

const names = ["Ada", "Bob", "Cyd", "Dan"];

/** Prints the greetings and each player's hand. */
export async function cardDealer(stage: Stage): Promise<void> {
  const dispatcher = new Dispatcher({ clock: stage.clock });
  const hands = new Map<string, MessageQueue>();
  for (const name of names) {
    const player = new BasicMessageListener(name);
    const hand = new MessageQueue({ clock: stage.clock });
    player.add({ match: { type: "card" }, queue: hand });
    player.add({
      match: { type: "greeting" },
      callback: ({ sourceId }) => stage.print(`${name} hears ${String(sourceId)}`),
    });
    dispatcher.register(player);
    dispatcher.joinGroup("table", player);
    hands.set(name, hand);
  }

  await dispatcher.send({ type: "greeting", sourceId: "Ada", groupId: "table", responseRequired: true });
  for (const [turn, card] of deck(20).entries()) {
    await dispatcher.send({ type: "card", sourceId: "Ada", destinationId: names[turn % names.length], content: card });
  }
  for (const [name, hand] of hands) {
    const cards: string[] = [];
    while (cards.length < 5) cards.push(String((await hand.getQueuedMessage({ timeoutMs: 1_000 }))?.content));
    stage.print(`${name}: ${cards.join(" ")}`);
  }
  await dispatcher.shutdown();
}

await runAlone(import.meta.url, cardDealer);
