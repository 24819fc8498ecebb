// Regular expressions from outside that cannot hang the server: the query operator `~`, and patterns in schemas that clients register.
// They run in RE2JS, which matches in time proportional to the text and knows neither look-around nor back-references; V8's own engine takes
// exponential time for some expressions.

import { RE2JS } from "re2js";
import { ServerError } from "./errors.ts";

const maxPatternLength = 1_000;
// Steps of one search at worst, the size of the compiled expression times the length of the text: a fifth of a second or so.
const maxSteps = 20_000_000;

/**
 * Returns a test for "found anywhere in the text", in RE2 syntax: `^`, `$`, classes, groups, alternatives, repetitions up to 1,000, `(?i)`.
 *
 * @throws {ServerError} REGEX_INVALID for an expression over 1,000 characters or that RE2 does not allow; the test itself throws
 * REGEX_COSTLY when the expression is too large for a text.
 */
export function compileRegex(pattern: string): (text: string) => boolean {
  if (pattern.length > maxPatternLength) {
    const got = `got ${pattern.length}`;
    throw new ServerError(
      "REGEX_INVALID",
      `expected a regular expression of at most ${maxPatternLength} characters, ${got}`,
    );
  }
  const regex = parse(pattern);
  const size = regex.programSize();
  return (text) => {
    if (size * text.length > maxSteps) {
      const message = `a regular expression of ${size} steps is too large for a text of ${text.length} characters`;
      throw new ServerError("REGEX_COSTLY", message);
    }
    return regex.matcher(text).find();
  };
}

function parse(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError("REGEX_INVALID", reason, { cause });
  }
}
