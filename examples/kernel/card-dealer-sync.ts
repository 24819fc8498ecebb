// The card dealer by synchronous messages: like phone calls, each is over when it returns, so that there is nothing to wait for.
// Run it: npx tsx --conditions=source examples/kernel/card-dealer-sync.ts

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
export async function cardDealerSync({ print, clock }: Stage): Promise<void> {
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

  for (const { name } of players) dispatcher.sendSync({ type: "greeting", sourceId: name, groupId: "table" });
  const order = [...(players[0]?.met ?? [])].toSorted();
  const [dealer] = order;
  print(`${dealer} deals to ${order.join(", ")}`);
  for (const [turn, content] of deck(20).entries()) {
    dispatcher.sendSync({ type: "card", sourceId: dealer, destinationId: order[turn % order.length], content });
  }
  for (const { name, hand } of players) {
    print(`${name}: ${Array.from({ length: 5 }, () => String(hand.takeNow()?.content)).join(" ")}`);
  }
  await dispatcher.shutdown();
}

await runAlone(import.meta.url, cardDealerSync);
