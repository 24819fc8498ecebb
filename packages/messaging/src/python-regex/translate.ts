// Turns a regular expression of Python's `re` into the source of a JavaScript one (flags `v`, and `i` when asked for) that matches the same.
// Configuration files of Vumi are full of them. What has no counterpart is refused with its position, never guessed.
//
// Known differences: a reference to a group that took no part in the match fails in Python and matches empty text here; `(?i)` without
// `(?u)` knows only ASCII in Python and all letters here.

import { classEscape, escapeChar, literal, newLine, notNewLine } from "./characters.ts";
import { readCharacterSet } from "./character-set.ts";
import { Reader } from "./reader.ts";

/** A translated pattern: give both to `new RegExp`. */
export interface TranslatedPattern {
  readonly source: string;
  readonly flags: string;
}

/** Which of Python's inline flags hold at a place in the pattern. */
interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
  readonly u: boolean;
}

const maxDepth = 100;
const noFlags: Flags = { i: false, m: false, s: false, x: false, u: false };

/** Thrown when a global flag turns up that the translation did not know of: it holds for the whole pattern, so begin again. */
class FlagsFound extends Error {
  readonly flags: Flags;

  constructor(flags: Flags) {
    super("begin again");
    this.flags = flags;
  }
}

/**
 * Returns the JavaScript counterpart of a Python pattern. Without `(?u)`, `\d`, `\w`, `\s` and `\b` know ASCII only, as in Vumi's Python 2.
 *
 * @throws {ConfigError} CONFIG_REGEX_INVALID: not valid, or not translatable (conditional and atomic groups, possessive quantifiers,
 * case-insensitivity of a part, locale).
 */
export function translatePattern(pattern: string): TranslatedPattern {
  let flags = noFlags;
  for (;;) {
    try {
      const source = new Translator(pattern, flags).run();
      return { source, flags: flags.i ? "iv" : "v" };
    } catch (error) {
      if (!(error instanceof FlagsFound)) throw error;
      flags = error.flags;
    }
  }
}

class Translator {
  readonly #reader: Reader;
  readonly #global: Flags;
  readonly #groupNames = new Set<string>();
  readonly #openGroups = new Set<number>();
  #groups = 0;
  #depth = 0;
  #flags: Flags;

  constructor(pattern: string, flags: Flags) {
    this.#reader = new Reader(pattern);
    this.#global = flags;
    this.#flags = flags;
  }

  run(): string {
    const output = this.#alternatives();
    if (this.#reader.peek() === ")") this.#reader.fail("a closing parenthesis too many");
    return output;
  }

  /** Up to the end or to an unmatched `)`. */
  #alternatives(): string {
    let output = "";
    for (let char = this.#reader.peek(); char !== "" && char !== ")"; char = this.#reader.peek()) {
      if (char === "|") output += this.#reader.take();
      else if (!this.#skipped(char)) output += this.#item();
    }
    return output;
  }

  /** Skips what means nothing: comments, and in verbose mode white space. */
  #skipped(char: string): boolean {
    const comment = this.#reader.position;
    if (this.#reader.takeMatch(/\(\?#/y) !== "") {
      this.#reader.takeUntil(")");
      if (this.#reader.take() === "") this.#reader.fail("a comment without end", comment);
      return true;
    }
    if (!this.#flags.x) return false;
    if (/\s/.test(char)) this.#reader.take();
    else if (char === "#") this.#reader.takeUntil("\n");
    else return false;
    return true;
  }

  #item(): string {
    const start = this.#reader.position;
    const { text, repeatable } = this.#atom();
    while (this.#skipped(this.#reader.peek()));
    const quantifier = this.#reader.takeQuantifier();
    if (quantifier === "") return text;
    if (!repeatable) this.#reader.fail("nothing to repeat", start);
    const next = this.#reader.peek();
    if (next === "+") this.#reader.fail("a possessive quantifier, which cannot be translated");
    const lazy = next === "?" ? this.#reader.take() : "";
    if (this.#reader.takeQuantifier() !== "") this.#reader.fail("two quantifiers in a row");
    return text + quantifier + lazy;
  }

  #atom(): { text: string; repeatable: boolean } {
    const reader = this.#reader;
    if (reader.takeQuantifier() !== "") reader.fail("nothing to repeat");
    const char = reader.take();
    const { m, s } = this.#flags;
    switch (char) {
      case "(":
        return this.#group();
      case "[":
        return { text: readCharacterSet(reader, this.#flags.u), repeatable: true };
      case ".":
        return { text: s ? String.raw`[\s\S]` : notNewLine, repeatable: true };
      case "^":
        return { text: m ? `(?<=${newLine}|^)` : "^", repeatable: false };
      case "$":
        // Also before a newline at the very end.
        return { text: m ? `(?=${newLine}|$)` : `(?=${newLine}?$)`, repeatable: false };
      case "\\":
        return this.#escape();
      default:
        return { text: literal(char), repeatable: true };
    }
  }

  #escape(): { text: string; repeatable: boolean } {
    const reader = this.#reader;
    const next = reader.peek();
    if (/[1-9]/.test(next)) return { text: this.#numberEscape(), repeatable: true };
    if (next === "A" || next === "Z" || next === "z") {
      reader.take();
      return { text: next === "A" ? "^" : "$", repeatable: false };
    }
    if (next === "b" || next === "B") {
      reader.take();
      return { text: this.#wordBoundary(next), repeatable: false };
    }
    const kind = classEscape(next, this.#flags.u);
    if (kind !== undefined) {
      reader.take();
      return { text: kind, repeatable: true };
    }
    return { text: literal(escapeChar(reader)), repeatable: true };
  }

  #wordBoundary(letter: "b" | "B"): string {
    // Python finds no \B in empty text.
    if (!this.#flags.u) return letter === "b" ? String.raw`\b` : String.raw`\B(?!^$)`;
    const word = classEscape("w", true) ?? "";
    return letter === "b"
      ? `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`
      : `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word})(?!^$))`;
  }

  /** `\1` to `\99`, or three octal digits. */
  #numberEscape(): string {
    const reader = this.#reader;
    const octal = reader.takeMatch(/[0-3][0-7]{2}/y);
    if (octal !== "") return literal(String.fromCodePoint(Number.parseInt(octal, 8)));
    const start = reader.position;
    const group = Number(reader.takeMatch(/\d{1,2}/y));
    this.#checkReference(group, start);
    // In a group of its own, so that a digit behind it cannot become part of the number.
    return `(?:\\${group})`;
  }

  #checkReference(group: number, at: number): void {
    if (group > this.#groups) this.#reader.fail(`a reference to group ${group}, which does not exist (yet)`, at);
    if (this.#openGroups.has(group)) this.#reader.fail(`a reference to group ${group} from inside it`, at);
  }

  #group(): { text: string; repeatable: boolean } {
    const reader = this.#reader;
    const start = reader.position - 1;
    if (reader.peek() !== "?") return { text: this.#capture("("), repeatable: true };
    reader.take();
    const kind = reader.take();
    switch (kind) {
      case ":":
        return { text: this.#close("(?:", this.#flags), repeatable: true };
      case "=":
      case "!":
        return { text: this.#close(`(?${kind}`, this.#flags), repeatable: false };
      case "<": {
        const direction = reader.take();
        if (direction !== "=" && direction !== "!")
          return reader.fail("(?<…: named groups are written (?P<name>…)", start);
        return { text: this.#close(`(?<${direction}`, this.#flags), repeatable: false };
      }
      case "P":
        return { text: this.#named(start), repeatable: true };
      case "(":
        return reader.fail("a conditional group (?(…)…), which cannot be translated", start);
      case ">":
        return reader.fail("an atomic group (?>…), which cannot be translated", start);
      default:
        return this.#inlineFlags(kind, start);
    }
  }

  #capture(opening: string): string {
    const group = ++this.#groups;
    this.#openGroups.add(group);
    const text = this.#close(opening, this.#flags);
    this.#openGroups.delete(group);
    return text;
  }

  /** The rest of a group, with `flags` inside and the present ones behind it. */
  #close(opening: string, flags: Flags): string {
    const start = this.#reader.position;
    if (++this.#depth > maxDepth) this.#reader.fail(`more than ${maxDepth} groups inside one another`);
    const outside = this.#flags;
    this.#flags = flags;
    const text = this.#alternatives();
    this.#flags = outside;
    this.#depth--;
    if (this.#reader.take() !== ")") this.#reader.fail("a group without end", start);
    return `${opening}${text})`;
  }

  #named(start: number): string {
    const reader = this.#reader;
    const kind = reader.take();
    const name = reader.takeMatch(/[\p{L}_][\p{L}\p{N}_]*/uy);
    const end = kind === "<" ? ">" : ")";
    if ((kind !== "<" && kind !== "=") || name === "" || reader.take() !== end) {
      return reader.fail("neither (?P<name>…) nor (?P=name)", start);
    }
    if (kind === "=") {
      if (!this.#groupNames.has(name)) reader.fail(`a reference to group ${name}, which does not exist (yet)`, start);
      return `\\k<${name}>`;
    }
    if (this.#groupNames.has(name)) reader.fail(`a second group named ${name}`, start);
    const text = this.#capture(`(?<${name}>`);
    // Known once it is closed: a group cannot refer to itself.
    this.#groupNames.add(name);
    return text;
  }

  /** `(?ims)` for the whole pattern, `(?ms-x:…)` for a part. */
  #inlineFlags(first: string, start: number): { text: string; repeatable: boolean } {
    const reader = this.#reader;
    const letters = (first === "-" ? "" : first) + (first === "-" ? "" : reader.takeMatch(/[a-zA-Z]*/y));
    const off = first === "-" || reader.peek() === "-" ? this.#flagsOff(first) : "";
    const unknown = /[^imsxua]/.exec(letters + off)?.[0];
    if (unknown === "L") reader.fail("the flag L (locale), which cannot be translated", start);
    if (unknown !== undefined) reader.fail(`(?${unknown}, which is no group and no flag`, start);
    const end = reader.take();
    if (end === ":") {
      const inside = withFlags(withFlags(this.#flags, letters, true), off, false);
      if (inside.i !== this.#flags.i) reader.fail("case-insensitivity of a part, which cannot be translated", start);
      return { text: this.#close("(?:", inside), repeatable: true };
    }
    if (end !== ")" || off !== "") reader.fail("flags without end", start);
    if (this.#global.u && letters.includes("a")) reader.fail("the flags a and u, which exclude each other", start);
    const wanted = withFlags(this.#global, letters, true);
    if (!sameFlags(wanted, this.#global)) throw new FlagsFound(wanted);
    return { text: "", repeatable: false };
  }

  #flagsOff(first: string): string {
    if (first !== "-") this.#reader.take();
    return this.#reader.takeMatch(/[a-zA-Z]*/y);
  }
}

function withFlags(flags: Flags, letters: string, value: boolean): Flags {
  const changed: Record<string, boolean> = { ...flags };
  // `a` (ASCII) is how we read everything that has no `u`.
  for (const letter of letters) changed[letter === "a" ? "u" : letter] = letter === "a" ? !value : value;
  return changed as unknown as Flags;
}

function sameFlags(first: Flags, second: Flags): boolean {
  return (Object.keys(noFlags) as (keyof Flags)[]).every((flag) => first[flag] === second[flag]);
}
