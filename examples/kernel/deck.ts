/** The first `count` cards of a deck, in order: `2♣`, `2♦`, `2♥`, `2♠`, `3♣`, … */
export function deck(count: number): string[] {
  const ranks = ["2", "3", "4", "5", "6", "7", "8", "9", "10", "J", "Q", "K", "A"];
  return ranks.flatMap((rank) => ["♣", "♦", "♥", "♠"].map((suit) => rank + suit)).slice(0, count);
}
