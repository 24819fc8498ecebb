// Redis's key patterns for the engines that have to match keys themselves. Matching takes time proportional to pattern × text at worst.

/** One element of a pattern: text it must be, a test for one character, or any text. */
type Token = { readonly kind: "one"; readonly accepts: (character: string) => boolean } | { readonly kind: "any" };

/** A compiled pattern. */
export interface Glob {
  /** What every matching text starts with. */
  readonly literalPrefix: string;
  readonly matches: (text: string) => boolean;
}

/** Compiles `pattern`: `*`, `?`, `[a-c]`, `[^a-c]`, and `\` before a special character. An unclosed `[` goes to the end, as in Redis. */
export function compileGlob(pattern: string): Glob {
  const characters = Array.from(pattern);
  const tokens: Token[] = [];
  let literalPrefix = "";
  let isLiteral = true;
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? "";
    if (character === "*") tokens.push({ kind: "any" });
    else if (character === "?") tokens.push({ kind: "one", accepts: () => true });
    else if (character === "[") at = parseClass(characters, at + 1, tokens);
    else {
      const isEscape = character === "\\" && at + 1 < characters.length;
      const literal = isEscape ? (characters[++at] ?? "") : character;
      tokens.push({ kind: "one", accepts: (other) => other === literal });
      if (isLiteral) literalPrefix += literal;
      continue;
    }
    isLiteral = false;
  }
  return { literalPrefix, matches: (text) => matches(tokens, Array.from(text)) };
}

/** Puts `\` in front of everything that a pattern would treat as special. */
export function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\]/g, "\\$&");
}

/** Reads a class from behind its bracket, adds its token and returns the position of its last character. */
function parseClass(characters: readonly string[], start: number, tokens: Token[]): number {
  let at = start;
  const isNegated = characters[at] === "^";
  if (isNegated) at++;
  const ranges: [low: number, high: number][] = [];
  for (; at < characters.length && characters[at] !== "]"; at++) {
    if (characters[at] === "\\" && at + 1 < characters.length) at++;
    const low = codePoint(characters[at]);
    if (characters[at + 1] === "-" && at + 2 < characters.length) {
      const high = codePoint(characters[at + 2]);
      ranges.push([Math.min(low, high), Math.max(low, high)]);
      at += 2;
    } else ranges.push([low, low]);
  }
  tokens.push({
    kind: "one",
    accepts: (character) => {
      const code = codePoint(character);
      return ranges.some(([low, high]) => code >= low && code <= high) !== isNegated;
    },
  });
  return at;
}

function codePoint(character: string | undefined): number {
  return character?.codePointAt(0) ?? 0;
}

/** Walks both at once; on a mismatch the last `*` takes one character more. Earlier ones need no second look. */
function matches(tokens: readonly Token[], characters: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let lastAny = -1;
  let resumeAt = 0;
  while (at < characters.length) {
    const current = tokens[token];
    if (current?.kind === "any") {
      lastAny = token++;
      resumeAt = at;
    } else if (current?.accepts(characters[at] ?? "") === true) {
      token++;
      at++;
    } else if (lastAny >= 0) {
      token = lastAny + 1;
      at = ++resumeAt;
    } else return false;
  }
  while (tokens[token]?.kind === "any") token++;
  return token === tokens.length;
}
