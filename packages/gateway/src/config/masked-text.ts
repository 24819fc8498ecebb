// The text of a configuration file as it may be shown: what classes declare as secret or is called like one is masked, and so are passwords in
// addresses. Everything else is as it was written, comments included.

import type { ClassLoader } from "@switchboard/messaging/config";
import { maskedText as masked, maskUrls } from "@switchboard/protocol";
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, parseDocument, visit } from "yaml";
import { isSecretName } from "../observe/redact.ts";
import type { GatewayWorkerPlan } from "../workers/plan.ts";
import { declaredFields, isOptions, maskedOptions, type Options } from "./masking.ts";

/** Returns the text without secrets. `plans` say which classes its workers are of. */
export async function maskedText(
  text: string,
  plans: readonly GatewayWorkerPlan[],
  classes: ClassLoader,
): Promise<string> {
  const document = parseDocument(text, { merge: true, logLevel: "silent" });
  const covers: Covers = new Map();
  for (const plan of plans) await coverWorker(document, { plan, classes, covers });
  coverByName(document, covers);
  return covered(text, covers);
}

/** What is to stand in the place of a node. */
type Covers = Map<Node, string>;

interface Covering {
  readonly plan: GatewayWorkerPlan;
  readonly classes: ClassLoader;
  readonly covers: Covers;
}

/** Covers what the classes of a worker declare as secret. */
async function coverWorker(document: Document, { plan, classes, covers }: Covering): Promise<void> {
  const { workers } = document.toJS() as { readonly workers?: Readonly<Record<string, { readonly config?: unknown }>> };
  const config = workers?.[plan.name]?.config;
  if (!isOptions(config)) return;
  const { className, source } = plan;
  const fields = await declaredFields({ className, config: source.values, folder: source.folder }, classes);
  const shown = maskedOptions(config, fields);
  const node = document.getIn(["workers", plan.name, "config"], true);
  if (!coverNode({ document, covers }, node, { config, shown })) {
    // What is not in its place is merged from elsewhere, and is found by what it says.
    coverTexts(document, { node, covers, hidden: new Set(hiddenTexts(config, shown)) });
  }
}

/** Covers what `shown` has otherwise than `config`; false when there is no node for something that differs. */
function coverNode(
  { document, covers }: { readonly document: Document; readonly covers: Covers },
  node: unknown,
  { config, shown }: { readonly config: unknown; readonly shown: unknown },
): boolean {
  if (Object.is(config, shown) || JSON.stringify(config) === JSON.stringify(shown)) return true;
  const own = isAlias(node) ? node.resolve(document) : node;
  if (!isNode(own)) return false;
  if (typeof shown !== "object" || shown === null) {
    covers.set(own, String(shown));
    return true;
  }
  if (!(isMap(own) || isSeq(own))) return false;
  const inner = Object.entries(shown).map(([key, value]) =>
    coverNode({ document, covers }, own.get(isSeq(own) ? Number(key) : key, true), {
      config: (config as Options)[key],
      shown: value,
    }),
  );
  return inner.every(Boolean);
}

/** The texts in `config` that `shown` does not have. */
function hiddenTexts(config: unknown, shown: unknown): string[] {
  if (JSON.stringify(config) === JSON.stringify(shown)) return [];
  if (typeof config !== "object" || config === null) return [String(config)];
  const inner = typeof shown === "object" && shown !== null ? (shown as Options) : {};
  return Object.entries(config).flatMap(([key, value]) => hiddenTexts(value, inner[key]));
}

/** Covers these texts in a worker's options and wherever they may be merged from. */
function coverTexts(
  document: Document,
  { node, covers, hidden }: { readonly node: unknown; readonly covers: Covers; readonly hidden: ReadonlySet<string> },
): void {
  const search = (within: Node): void =>
    visit(within, {
      Scalar: (_key, scalar) => {
        if (hidden.has(String(scalar.value))) covers.set(scalar, masked);
      },
    });
  if (isNode(node)) search(node);
  visit(document, {
    Collection: (_key, collection) => {
      if (collection.anchor !== undefined) search(collection);
    },
  });
}

/** Covers what is called like a secret anywhere, and passwords in addresses. */
function coverByName(document: Document, covers: Covers): void {
  visit(document, {
    Pair: (_key, { key, value }) => {
      if (!isScalar(key) || !isScalar(value) || value.value === null || value.value === "") return;
      if (isSecretName(String(key.value))) covers.set(value, masked);
    },
    Scalar: (_key, scalar) => {
      if (typeof scalar.value !== "string" || covers.has(scalar)) return;
      const safe = maskUrls(scalar.value);
      if (safe !== scalar.value) covers.set(scalar, safe);
    },
  });
}

/** The text with other texts in the place of nodes. */
function covered(text: string, covers: Covers): string {
  const places = [...covers]
    .map(([{ range }, shown]) => ({ start: range?.[0] ?? 0, end: range?.[1] ?? 0, shown }))
    .toSorted((one, other) => one.start - other.start || other.end - one.end);
  let [result, at] = ["", 0];
  for (const { start, end, shown } of places) {
    if (start < at) continue;
    // Blocks end with their last line.
    const lineEnd = /\r?\n$/.exec(text.slice(start, end))?.[0] ?? "";
    result += `${text.slice(at, start)}${JSON.stringify(shown)}${lineEnd}`;
    at = end;
  }
  return result + text.slice(at);
}
