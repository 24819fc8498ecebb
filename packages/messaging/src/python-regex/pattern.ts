// A regular expression of Python's `re`, ready to be matched: what a field of type `regex` gives, and what routers and taggers use.

import { ConfigError } from "../errors.ts";
import { translatePattern } from "./translate.ts";

/**
 * A compiled Python pattern. Without `(?u)` it knows ASCII digits, letters and spaces only, as Vumi's Python did.
 */
export class PythonPattern {
  /** As written. */
  readonly source: string;
  readonly #search: RegExp;
  readonly #match: RegExp;

  /** @throws {ConfigError} CONFIG_REGEX_INVALID: not valid, or not translatable; says where. */
  constructor(source: string) {
    const { source: translated, flags } = translatePattern(source);
    this.source = source;
    try {
      this.#search = new RegExp(translated, flags);
      this.#match = new RegExp(translated, `${flags}y`);
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/^.*: /s, "") : String(error);
      throw new ConfigError("CONFIG_REGEX_INVALID", `a regular expression that cannot be compiled: ${reason}`, {
        cause: error,
        details: { pattern: source },
      });
    }
  }

  /** Matches at the beginning of `text`; what follows the match does not matter. Python's `match`. */
  match(text: string): RegExpExecArray | null {
    this.#match.lastIndex = 0;
    return this.#match.exec(text);
  }

  /** Finds the first match anywhere. Python's `search`. */
  search(text: string): RegExpExecArray | null {
    return this.#search.exec(text);
  }

  /** True when the beginning of `text` matches. */
  matches(text: string): boolean {
    return this.match(text) !== null;
  }
}
