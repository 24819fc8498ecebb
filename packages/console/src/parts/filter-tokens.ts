// The search language's outer form: words and `key:value` tokens, `-` excludes, quotes keep blanks. Meaning is the server's.

/** One part of a search. */
export interface Token {
  /** Undefined for free text. */
  readonly key: string | undefined;
  readonly value: string;
  readonly excludes: boolean;
}

/** The parts of a search in order. */
export function splitTokens(text: string): readonly Token[] {
  const words = text.match(/-?(?:[a-z_]+:)?(?:"[^"]*"|[^\s"]+)/g) ?? [];
  return words.map((word) => {
    const match = /^(-?)([a-z_]+):(.+)$/s.exec(word);
    if (match === null) return { key: undefined, value: word, excludes: false };
    return { key: match[2] ?? "", value: unquote(match[3] ?? ""), excludes: match[1] === "-" };
  });
}

/** The text of some parts. */
export function joinTokens(tokens: readonly Token[]): string {
  return tokens
    .map(({ key, value, excludes }) =>
      key === undefined ? value : `${excludes ? "-" : ""}${key}:${/\s/.test(value) ? `"${value}"` : value}`,
    )
    .join(" ");
}

function unquote(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
