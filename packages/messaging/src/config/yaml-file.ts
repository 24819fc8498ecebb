// Reads configuration files as Vumi did: YAML in safe mode (JSON is YAML too), with `!include other.yaml`, relative to the including file.
// Unlike Vumi it remembers where each value stands.

import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
} from "yaml";
import { ConfigError, type ConfigIssue } from "../errors.ts";
import { includeTag, pythonTags } from "./python-yaml.ts";
import { type ConfigLocation, type ConfigPath, ConfigSource } from "./source.ts";

/** One parsed file and those it includes. */
interface ParsedFile {
  /** As the user, or the including file, named it. */
  readonly name: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  readonly included: Map<unknown, ParsedFile>;
}

/**
 * Reads a configuration file. An empty one is an empty configuration.
 *
 * @throws {ConfigError} CONFIG_FILE_INVALID: unreadable, not YAML, no object at its top, an include that is missing or includes itself.
 * `issues` has all that is wrong with its syntax.
 */
export async function loadConfigFile(path: string): Promise<ConfigSource> {
  const file = await load(path, path, []);
  return toSource(file, dirname(resolve(path)));
}

/**
 * Reads configuration from text. `name` is what errors call it; includes are relative to `folder` (default the working directory).
 *
 * @throws {ConfigError} CONFIG_FILE_INVALID.
 */
export async function parseConfig(text: string, name: string, folder: string = process.cwd()): Promise<ConfigSource> {
  const file = parse(text, name);
  await loadIncludes(file, folder, []);
  return toSource(file, folder);
}

async function load(path: string, name: string, including: readonly string[]): Promise<ParsedFile> {
  const full = resolve(path);
  if (including.includes(full)) throw invalidFile(name, "the file includes itself", undefined);
  let text: string;
  try {
    text = await readFile(full, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such file" : `the file cannot be read (${code ?? String(error)})`;
    throw invalidFile(name, reason, undefined, error);
  }
  const file = parse(text, name);
  await loadIncludes(file, dirname(full), [...including, full]);
  return file;
}

function parse(text: string, name: string): ParsedFile {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.1",
    merge: true,
    customTags: pythonTags,
    // PyYAML takes the last of two equal keys; so do we, with a warning.
    uniqueKeys: false,
    // Otherwise the errors quote the file, and the lines around a mistake may hold a password.
    prettyErrors: false,
    lineCounter: lines,
    logLevel: "silent",
  });
  const file: ParsedFile = { name, document, lines, included: new Map() };
  // An unknown tag is a warning to the parser; to PyYAML's safe loader it is an error.
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    const issues = problems.map(({ message, pos: [offset] }) => issueAt(positionOf(file, offset), message));
    throw fileError(name, issues);
  }
  checkShape(file);
  return file;
}

// Nothing configurable has more levels, and the reader's time grows fast with them.
const maxDepth = 100;

/** Refuses what PyYAML refuses too, and what would keep this process busy for minutes: objects as keys, and nesting without end. */
function checkShape(file: ParsedFile): void {
  visit(file.document, {
    Pair(_, { key }) {
      if (!isCollection(key)) return;
      throw invalidFile(
        file.name,
        "expected text as a key, got a list or an object",
        positionOf(file, key.range?.[0] ?? 0),
      );
    },
    Collection(_, { range }, ancestors) {
      // Each level is a collection and, in objects, a pair.
      if (ancestors.filter(isCollection).length < maxDepth) return;
      throw invalidFile(file.name, `expected at most ${maxDepth} levels`, positionOf(file, range?.[0] ?? 0));
    },
  });
}

async function loadIncludes(file: ParsedFile, folder: string, including: readonly string[]): Promise<void> {
  const nodes: Scalar[] = [];
  visit(file.document, {
    Scalar(_, node) {
      if (node.tag === includeTag.tag) nodes.push(node);
    },
  });
  for (const node of nodes) {
    const name = String(node.value);
    const path = isAbsolute(name) ? name : resolve(folder, name);
    try {
      const included = await load(path, path, including);
      file.included.set(node, included);
      node.value = toValue(included);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const at = positionOf(file, node.range?.[0] ?? 0);
      throw fileError(file.name, [issueAt(at, `the file included here cannot be used`), ...error.issues]);
    }
  }
}

function toSource(file: ParsedFile, folder: string): ConfigSource {
  const values = toValue(file) ?? {};
  if (typeof values !== "object" || Array.isArray(values)) {
    throw invalidFile(file.name, "expected an object with options at the top", positionOf(file, 0));
  }
  return new ConfigSource(values as Record<string, unknown>, {
    folder,
    warnings: duplicateKeys(file),
    locate: (path) => locate(file, path),
  });
}

function toValue(file: ParsedFile): unknown {
  let value: unknown;
  try {
    value = file.document.toJS();
  } catch (error) {
    // Aliases that multiply without end, or that refer to nothing.
    throw invalidFile(file.name, error instanceof Error ? error.message : String(error), undefined, error);
  }
  if (containsItself(value)) throw invalidFile(file.name, "an alias refers to what it is part of", undefined);
  return value;
}

function containsItself(value: unknown, around: Set<unknown> = new Set(), checked: Set<unknown> = new Set()): boolean {
  if (typeof value !== "object" || value === null || checked.has(value)) return false;
  if (around.has(value)) return true;
  around.add(value);
  const found = Object.values(value).some((member) => containsItself(member, around, checked));
  around.delete(value);
  checked.add(value);
  return found;
}

function locate(file: ParsedFile, path: ConfigPath): ConfigLocation | undefined {
  let node: unknown = file.document.contents;
  let found = path.length === 0 ? { source: file.name, line: undefined, column: undefined } : positionOf(file, 0);
  for (const [depth, key] of path.entries()) {
    node = resolveAlias(file, node);
    const included = file.included.get(node);
    if (included !== undefined) return locate(included, path.slice(depth));
    const pair = isMap(node) ? node.items.findLast((item) => keyText(item.key) === String(key)) : undefined;
    const member = isSeq(node) ? node.items[Number(key)] : pair?.value;
    // At the key rather than at the value: that is the line to look at, also when the value begins on the next.
    const shown = (pair?.key ?? member) as Node | undefined;
    if (shown?.range === undefined || shown.range === null) {
      return depth === 0 ? { source: file.name, line: undefined, column: undefined } : found;
    }
    found = positionOf(file, shown.range[0]);
    node = member;
  }
  return found;
}

function resolveAlias(file: ParsedFile, node: unknown): unknown {
  return isAlias(node) ? node.resolve(file.document) : node;
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : "";
}

function duplicateKeys(file: ParsedFile): string[] {
  const warnings = [...file.included.values()].flatMap(duplicateKeys);
  visit(file.document, {
    Map(_, map) {
      const times = new Map<string, number>();
      for (const { key } of map.items) {
        const name = keyText(key);
        const time = (times.get(name) ?? 0) + 1;
        times.set(name, time);
        if (time !== 2 || name === "<<") continue;
        const { source, line } = positionOf(file, (key as Node | null)?.range?.[0] ?? 0);
        warnings.push(`${source}:${line} ${name} is given more than once; the last one counts`);
      }
    },
  });
  return warnings;
}

function positionOf(file: ParsedFile, offset: number): ConfigLocation {
  const { line, col } = file.lines.linePos(offset);
  return { source: file.name, line: Math.max(line, 1), column: Math.max(col, 1) };
}

function issueAt(location: ConfigLocation, problem: string): ConfigIssue {
  return { path: "", ...location, problem, hint: undefined };
}

function invalidFile(name: string, problem: string, at: ConfigLocation | undefined, cause?: unknown): ConfigError {
  return fileError(name, [issueAt(at ?? { source: name, line: undefined, column: undefined }, problem)], cause);
}

const maxShownIssues = 20;

function fileError(name: string, issues: readonly ConfigIssue[], cause?: unknown): ConfigError {
  const lines = issues.slice(0, maxShownIssues).map(({ source, line, column, problem }) => {
    return line === undefined ? `${source}: ${problem}` : `${source}:${line}:${column} ${problem}`;
  });
  if (issues.length > maxShownIssues) lines.push(`and ${issues.length - maxShownIssues} more`);
  return new ConfigError("CONFIG_FILE_INVALID", lines.join("\n"), { issues, cause, details: { file: name } });
}
