// Four players greet the table; the first deals twenty cards in turn to all whom it has met; each takes five from its queue.
// Run it: npx tsx --conditions=source examples/kernel/card-dealer.ts

import { BasicMessageListener, Dispatcher, MessageQueue } from "@switchboard/core";
import { deck } from "./deck.ts";
import { runAlone, type Stage } from "./sample.ts";

interface Player {
  readonly name: string;
  readonly hand: MessageQueue;
  /** Whom it has been greeted by. */
  readonly met: Set<string>;
}

/** Prints who deals, and each player's hand. */
export async function cardDealer({ print, clock }: Stage): Promise<void> {
  const dispatcher = new Dispatcher({ clock });
  const players = ["Dan", "Bob", "Ada", "Cyd"].map((name): Player => {
    const player: Player = { name, hand: new MessageQueue({ clock }), met: new Set() };
    const listener = new BasicMessageListener(name);
    listener.add({ match: { type: "greeting" }, callback: ({ sourceId }) => player.met.add(String(sourceId)) });
    listener.add({ match: { type: "card" }, queue: player.hand });
    dispatcher.register(listener);
    dispatcher.joinGroup("table", listener);
    return player;
  });

  await Promise.all(
    players.map(({ name }) => {
      return dispatcher.send({ type: "greeting", sourceId: name, groupId: "table", responseRequired: true });
    }),
  );
  const order = [...(players[0]?.met ?? [])].toSorted();
  const [dealer] = order;
  print(`${dealer} deals to ${order.join(", ")}`);
  for (const [turn, content] of deck(20).entries()) {
    await dispatcher.send({ type: "card", sourceId: dealer, destinationId: order[turn % order.length], content });
  }
  for (const { name, hand } of players) {
    const cards: string[] = [];
    while (cards.length < 5) cards.push(String((await hand.getQueuedMessage({ timeoutMs: 1000 }))?.content));
    print(`${name}: ${cards.join(" ")}`);
  }
  await dispatcher.shutdown();
}

await runAlone(import.meta.url, cardDealer);
