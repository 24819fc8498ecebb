// Reads the configuration file, JSON or YAML, and says of everything that is wrong in which line it stands.

import { readFileSync } from "node:fs";
import { type Document, isMap, isScalar, LineCounter, parseDocument } from "yaml";
import { ServerError } from "../errors.ts";
import { configKeys, describeKey, fitsKey, type KeyDeclaration, type SectionValues } from "./keys.ts";

/** The configuration: what the file says, over the defaults. */
export interface ServerConfig {
  readonly dispatcher: SectionValues<typeof configKeys.dispatcher>;
  readonly datastore: SectionValues<typeof configKeys.datastore>;
  readonly "datastore-log": SectionValues<(typeof configKeys)["datastore-log"]>;
  /** Everything in the file, for plugins and others. */
  readonly sections: Readonly<Record<string, unknown>>;
}

/** Values that win over the file, by key of the section `dispatcher`; undefined ones do not count. */
export type Overrides = Readonly<Record<string, unknown>>;

type Values = Readonly<Record<string, unknown>>;

/**
 * Reads a file.
 *
 * @throws {ServerError} SERVER_CONFIG_UNREADABLE, SERVER_CONFIG_INVALID; the message has a line `file:line key: …` for each mistake.
 */
export function readConfigFile(path: string, overrides: Overrides = {}): ServerConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new ServerError("SERVER_CONFIG_UNREADABLE", `${path}: the file cannot be read (${reason})`, { cause });
  }
  return parseConfig(text, path, overrides);
}

/** The configuration when there is no file: the defaults. @throws {ServerError} SERVER_CONFIG_INVALID. */
export function defaultConfig(overrides: Overrides = {}): ServerConfig {
  return parseConfig("{}", "the command line", { "plugin-dirs": [], ...defined(overrides) });
}

/** Reads a text; `name` is what errors call it. @throws {ServerError} as {@link readConfigFile}. */
export function parseConfig(text: string, name: string, overrides: Overrides = {}): ServerConfig {
  const lines = new LineCounter();
  // Pretty errors would quote the file, which may hold passwords.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "silent" });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ message, pos }) => `${name}:${lines.linePos(pos[0]).line} ${message}`);
    throw new ServerError("SERVER_CONFIG_UNREADABLE", problems.slice(0, 20).join("\n"));
  }
  const sections = toSections(document, name);
  const problems: string[] = [];
  const read = (section: keyof typeof configKeys, more: Values): Values => {
    const given = sections[section] ?? {};
    if (typeof given !== "object" || Array.isArray(given)) {
      problems.push(`${name}:${lineOf(document, lines, [section])} ${section}: expected an object`);
      return {};
    }
    const problem = (key: string, what: string): void => {
      const line = lineOf(document, lines, [section, key]);
      problems.push(`${name}:${line} ${section}.${key}: ${what}`);
    };
    return readSection({ ...given, ...more }, configKeys[section], problem);
  };
  const config = {
    dispatcher: read("dispatcher", defined(overrides)),
    datastore: read("datastore", {}),
    "datastore-log": read("datastore-log", {}),
    sections,
  };
  if (problems.length > 0) throw new ServerError("SERVER_CONFIG_INVALID", problems.join("\n"));
  return config;
}

/**
 * The section `dispatcher` of a file that somebody else reads: the values given, and defaults for the others. Each mistake is told to `problem`,
 * with the key that it is about.
 */
export function readDispatcherSection(
  given: Readonly<Record<string, unknown>>,
  problem: (key: string, what: string) => void,
): ServerConfig["dispatcher"] {
  return readSection(given, configKeys.dispatcher, problem);
}

function readSection(
  given: Values,
  keys: Readonly<Record<string, KeyDeclaration>>,
  problem: (key: string, what: string) => void,
): Values {
  for (const [key, value] of Object.entries(given)) {
    const declaration = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (declaration === undefined) problem(key, `is no key; expected one of ${Object.keys(keys).join(", ")}`);
    else if (!fitsKey(value, declaration)) problem(key, `expected ${describeKey(declaration)}, got ${shown(value)}`);
  }
  const values: Record<string, unknown> = {};
  for (const [key, declaration] of Object.entries(keys)) {
    const value = given[key] ?? declaration.default;
    if (value === undefined && declaration.required === true)
      problem(key, `is missing: expected ${describeKey(declaration)}`);
    else if (value !== undefined) values[key] = value;
  }
  if (values["tls"] === true) {
    for (const key of ["tls-certificate", "tls-keyfile"])
      if (values[key] === undefined) problem(key, "is missing: tls is on");
  }
  return values;
}

function toSections(document: Document.Parsed, name: string): Values {
  let value: unknown;
  try {
    value = document.toJS() ?? {};
  } catch (cause) {
    // Aliases that multiply without end.
    throw new ServerError("SERVER_CONFIG_UNREADABLE", `${name}: ${String(cause)}`, { cause });
  }
  if (typeof value === "object" && !Array.isArray(value)) return value as Values;
  throw new ServerError("SERVER_CONFIG_UNREADABLE", `${name}:1 expected an object of sections`);
}

/** The line of the deepest part of a path that is there. */
function lineOf(document: Document.Parsed, lines: LineCounter, path: readonly string[]): number {
  let node: unknown = document.contents;
  let line = 1;
  for (const key of path) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    if (pair === undefined || !isScalar(pair.key)) break;
    line = lines.linePos(pair.key.range?.[0] ?? 0).line;
    node = pair.value;
  }
  return line;
}

function defined(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 80);
}
