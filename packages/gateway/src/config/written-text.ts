// The text of the configuration file with other workers in it. Everything else stays as it was written, byte for byte; of a worker that changes,
// comments, order and quotes stay.

import { isDeepStrictEqual } from "node:util";
import { pythonTags } from "@switchboard/messaging/config";
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { isOptions, type Options } from "./masking.ts";
import { diffLines } from "./text-diff.ts";

/** One worker's part of the file. */
export interface WorkerEntry {
  readonly name: string;
  /** As the file has it, includes and aliases resolved; undefined: not there. */
  readonly before: Options | undefined;
  /** As it shall be; undefined: gone. */
  readonly after: Options | undefined;
}

/** Returns the text with the workers of `entries` as they shall be. */
export function writtenText(text: string, entries: readonly WorkerEntry[]): string {
  if (entries.length === 0) return text;
  const values = jsonOf(text);
  if (values !== undefined) return writtenJson(text, { values, entries });
  const own: Written = { text, map: workersOf(parseYaml(text)) };
  const document = parseYaml(text);
  const same = rendered(document, own);
  changeWorkers(document, entries);
  const changed = rendered(document, own);
  return merged({ own, same, changed }, entries) ?? changed.text;
}

/** A text, and where its workers are. */
interface Written {
  readonly text: string;
  readonly map: YAMLMap | undefined;
}

/** The text that the library makes of a document, as alike to the file's own as it can. */
function rendered(document: Document, { text: own, map }: Written): Written {
  const options = { lineWidth: 140, indent: indentOf(own, map), indentSeq: !flatList.test(own) };
  const text = document.toString(options);
  const lines = own.includes("\r\n") ? text.replaceAll("\n", "\r\n") : text;
  return { text: lines, map: workersOf(parseYaml(lines)) };
}

// A list whose items are not indented.
const flatList = /^( *)\S.*:[^\S\n]*\n\1- /m;

// As the loader reads it: what would be read as a number or a truth is quoted when it is a text.
function parseYaml(text: string): Document.Parsed {
  return parseDocument(text, {
    version: "1.1",
    merge: true,
    customTags: pythonTags,
    uniqueKeys: false,
    logLevel: "silent",
  });
}

function jsonOf(text: string): Options | undefined {
  try {
    const values: unknown = JSON.parse(text);
    return isOptions(values) ? values : undefined;
  } catch {
    return undefined;
  }
}

function writtenJson(
  text: string,
  { values, entries }: { readonly values: Options; readonly entries: readonly WorkerEntry[] },
): string {
  const workers: Record<string, unknown> = isOptions(values["workers"]) ? { ...values["workers"] } : {};
  for (const { name, after } of entries) {
    if (after === undefined) delete workers[name];
    else workers[name] = after;
  }
  const indent = /\n([ \t]+)/.exec(text)?.[1];
  return JSON.stringify({ ...values, workers }, undefined, indent) + (text.endsWith("\n") ? "\n" : "");
}

function changeWorkers(document: Document, entries: readonly WorkerEntry[]): void {
  for (const { name, before, after } of entries) {
    const path = ["workers", name];
    if (after === undefined) document.deleteIn(path);
    else if (before === undefined || !changeNode(document, document.getIn(path, true), { before, after })) {
      document.setIn(path, document.createNode(after));
    }
  }
}

/** Makes a node say `after` instead of `before`, touching only what differs. False when it cannot: the value comes from elsewhere. */
function changeNode(
  document: Document,
  node: unknown,
  change: { readonly before: unknown; readonly after: unknown },
): boolean {
  const { before, after } = change;
  if (isDeepStrictEqual(before, after)) return true;
  if (isMap(node) && isOptions(before) && isOptions(after)) return changeMap(document, node, { before, after });
  if (isSeq(node) && Array.isArray(before) && Array.isArray(after)) {
    node.items = changedItems(document, node, { before, after });
    return true;
  }
  if (!isScalar(node) || node.tag !== undefined || isObject(after)) return false;
  changeScalar(node, after);
  return true;
}

function changeScalar(node: Scalar, value: unknown): void {
  // How the former value was written does not fit one of another type.
  if (typeof node.value !== typeof value) delete node.type;
  delete node.source;
  delete node.format;
  node.value = value;
}

function changeMap(
  document: Document,
  map: YAMLMap,
  { before, after }: { readonly before: Options; readonly after: Options },
): boolean {
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  // What is merged into it cannot be taken out of it.
  if (!gone.every((key) => map.has(key))) return false;
  for (const key of gone) map.delete(key);
  for (const [key, value] of Object.entries(after)) {
    if (!changeNode(document, map.get(key, true), { before: before[key], after: value })) {
      map.set(key, document.createNode(value));
    }
  }
  return true;
}

/** Items that stay keep their nodes, wherever they are now; others are made of those that are left over, in order. */
function changedItems(
  document: Document,
  { items }: YAMLSeq,
  { before, after }: { readonly before: readonly unknown[]; readonly after: readonly unknown[] },
): unknown[] {
  const free = before.map((value, index) => ({ value, node: items[index] }));
  const kept = after.map((value) => {
    const at = free.findIndex((one) => isDeepStrictEqual(one.value, value));
    return at === -1 ? undefined : free.splice(at, 1)[0]?.node;
  });
  return after.map((value, index) => {
    const same = kept[index];
    if (same !== undefined) return same;
    const { node, value: former } = free.shift() ?? {};
    return changeNode(document, node, { before: former, after: value }) ? node : document.createNode(value);
  });
}

interface Texts {
  readonly own: Written;
  /** The same as the library writes it. */
  readonly same: Written;
  readonly changed: Written;
}

/** The file's own text with changed lines of workers instead of theirs. Undefined where workers have no lines of their own. */
function merged({ own, same, changed }: Texts, entries: readonly WorkerEntry[]): string | undefined {
  const { map, text } = own;
  if (map === undefined || changed.map === undefined || map.flow === true || changed.map.flow === true)
    return undefined;
  const places: Lines[] = [];
  for (const { name } of entries) {
    const [old, plain, fresh] = [linesOf(own, name), linesOf(same, name), linesOf(changed, name)];
    if (old !== undefined && fresh !== undefined) {
      places.push({ ...old, lines: withOwnLines(fresh.lines, plain?.lines ?? "", old.lines) });
    } else if (old !== undefined) {
      places.push({ start: commentStart(text, old.start), end: old.end, lines: "" });
    } else if (fresh !== undefined) {
      const last = map.items.at(-1);
      const end = last === undefined ? undefined : linesOf(own, nameOf(last))?.end;
      if (end === undefined) return undefined;
      places.push({ start: end, end, lines: text.slice(0, end).endsWith("\n") ? fresh.lines : `\n${fresh.lines}` });
    }
  }
  let [result, at] = ["", 0];
  for (const { start, end, lines } of places.toSorted((one, other) => one.start - other.start)) {
    result += text.slice(at, start) + lines;
    at = end;
  }
  return result + text.slice(at);
}

/** Changed lines, those that did not change as the file has them: blanks before comments and within brackets are nobody's business. */
function withOwnLines(changed: string, plain: string, own: string): string {
  const [plainLines, ownLines] = [plain.split("\n"), own.split("\n")];
  if (plainLines.length !== ownLines.length) return changed;
  let at = 0;
  return diffLines(plainLines, changed.split("\n"))
    .flatMap(({ sign, text }) => {
      if (sign === "+") return text;
      const line = ownLines[at++] ?? text;
      return sign === " " ? line : [];
    })
    .join("\n");
}

interface Lines {
  readonly start: number;
  readonly end: number;
  readonly lines: string;
}

/** The lines of a worker, without comments above it and below. */
function linesOf({ text, map }: Written, name: string): Lines | undefined {
  const pair = map?.items.findLast((one) => nameOf(one) === name);
  const key = isNode(pair?.key) ? pair.key.range : undefined;
  const value = isNode(pair?.value) ? pair.value.range : undefined;
  if (key === undefined || key === null || value === undefined || value === null) return undefined;
  const start = text.lastIndexOf("\n", key[0]) + 1;
  const lineEnd = text.indexOf("\n", value[1]);
  const end = text[value[1] - 1] === "\n" ? value[1] : lineEnd === -1 ? text.length : lineEnd + 1;
  return { start, end, lines: text.slice(start, end) };
}

/** Where the comment begins that stands right above a line. */
function commentStart(text: string, start: number): number {
  const above = /(?:(?<=^|\n)[^\S\n]*#[^\n]*\n)*$/.exec(text.slice(0, start));
  return start - (above?.[0].length ?? 0);
}

function workersOf(document: Document): YAMLMap | undefined {
  const workers = document.get("workers", true);
  return isMap(workers) ? workers : undefined;
}

/** By how many spaces workers are indented. */
function indentOf(text: string, workers: YAMLMap | undefined): number {
  const key = workers?.items[0]?.key;
  const start = isNode(key) ? (key.range?.[0] ?? 0) : 0;
  return start - (text.lastIndexOf("\n", start) + 1) || 2;
}

function nameOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "";
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
