// Templates that are filled from a match, as Python's `match.expand` does: `\1`, `\g<1>`, `\g<name>`, `\g<0>`, `\n`, `\\`.

import { ConfigError } from "../errors.ts";

const part = /\\(?:g<([^>]*)>|([1-9]\d?)|([\s\S]?))/g;

const controls: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "0": "\0",
  "\\": "\\",
};

/**
 * Fills `template` from a match; a group that took no part is empty text.
 *
 * @throws {ConfigError} CONFIG_REGEX_INVALID when it names a group that the pattern has not, or has an escape that does not exist.
 */
export function expandTemplate(match: RegExpExecArray, template: string): string {
  return template.replace(part, (escape, named: string | undefined, numbered: string | undefined, char: string) => {
    const group = named ?? numbered;
    if (group !== undefined) return groupText(match, group, template);
    if (Object.hasOwn(controls, char)) return controls[char] ?? "";
    if (char !== "" && !/[a-zA-Z0-9]/.test(char)) return escape;
    throw invalid(template, `an escape \\${char} that does not exist`);
  });
}

function groupText(match: RegExpExecArray, group: string, template: string): string {
  if (/^\d+$/.test(group)) {
    const index = Number(group);
    if (index < match.length) return match[index] ?? "";
  } else if (match.groups !== undefined && Object.hasOwn(match.groups, group)) {
    return match.groups[group] ?? "";
  }
  throw invalid(template, `a reference to group ${group}, which the pattern has not`);
}

function invalid(template: string, what: string): ConfigError {
  return new ConfigError("CONFIG_REGEX_INVALID", `a template with ${what}`, { details: { template } });
}
