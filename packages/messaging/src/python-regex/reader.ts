// Walks over a Python pattern, and says where in it something is wrong.

import { ConfigError } from "../errors.ts";

/** A position in a pattern. Characters are code points. */
export class Reader {
  readonly #pattern: string;
  /** Offset of the next character, in UTF-16 units. */
  position = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  /** The next character, or "" at the end. */
  peek(): string {
    const code = this.#pattern.codePointAt(this.position);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  /** Takes the next character; "" at the end. */
  take(): string {
    const char = this.peek();
    this.position += char.length;
    return char;
  }

  /** Takes everything before the next `end`, or the rest. */
  takeUntil(end: string): string {
    const found = this.#pattern.indexOf(end, this.position);
    const text = this.#pattern.slice(this.position, found < 0 ? undefined : found);
    this.position += text.length;
    return text;
  }

  /** Takes what a sticky expression matches here; "" when it does not. */
  takeMatch(expression: RegExp): string {
    expression.lastIndex = this.position;
    const text = expression.exec(this.#pattern)?.[0] ?? "";
    this.position += text.length;
    return text;
  }

  /** Takes `*`, `+`, `?` or `{m,n}` and returns it in JavaScript's spelling; "" when there is none. A brace that counts nothing is text. */
  takeQuantifier(): string {
    const simple = this.takeMatch(/[*+?]/y);
    if (simple !== "") return simple;
    const start = this.position;
    const braces = this.takeMatch(/\{\d*(?:,\d*)?\}/y);
    if (braces === "") return "";
    if (braces === "{}") {
      this.position = start;
      return "";
    }
    const quantifier = braces.replace("{,", "{0,");
    const [, least = "", most = ""] = /\{(\d*),?(\d*)\}/.exec(quantifier) ?? [];
    if (most !== "" && Number(least) > Number(most)) this.fail(`${braces}, whose least is more than its most`, start);
    return quantifier;
  }

  /** @throws {ConfigError} CONFIG_REGEX_INVALID, always. */
  fail(what: string, at: number = this.position): never {
    const character = Array.from(this.#pattern.slice(0, at)).length + 1;
    throw new ConfigError("CONFIG_REGEX_INVALID", `a regular expression with ${what} (character ${character})`, {
      details: { pattern: this.#pattern, character },
    });
  }
}
