// Topic patterns, as AMQP's topic exchange reads them (AMQP 0-9-1 §3.1.3.3).

/**
 * Tells whether `routingKey` matches `pattern`: words are separated by dots, `*` stands for one word, `#` for any number, none included.
 *
 * Takes time in proportion to the product of both lengths at worst, whatever the pattern.
 */
export function matchesTopic(pattern: string, routingKey: string): boolean {
  if (pattern === "#" || pattern === routingKey) return true;
  const words = routingKey.split(".");
  // reached[i]: the pattern's words so far match the first i words of the key.
  let reached = [true, ...words.map(() => false)];
  for (const part of pattern.split(".")) {
    const next = reached.map(() => false);
    for (let count = 0; count <= words.length; count++) {
      if (part === "#") next[count] = reached[count] === true || (count > 0 && next[count - 1] === true);
      else if (count > 0) next[count] = reached[count - 1] === true && (part === "*" || part === words[count - 1]);
    }
    reached = next;
  }
  return reached[words.length] === true;
}
