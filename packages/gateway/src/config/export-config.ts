// The gateway's configuration as it stands now, as a file: what was read at the start, comments included, with the changes of workers since.

import { readFile } from "node:fs/promises";
import type { ClassLoader } from "@switchboard/messaging/config";
import { type Document, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from "yaml";
import { isSecretName, masked, redactUrls } from "../observe/redact.ts";
import type { GatewayWorkerPlan } from "../workers/plan.ts";
import type { Roster } from "../workers/roster.ts";
import type { GatewayFile } from "./gateway-file.ts";
import { declaredFields, maskedOptions, type Options } from "./masking.ts";

/** What an export is made from. */
export interface ExportSources {
  readonly file: GatewayFile;
  readonly roster: Roster;
  readonly classes: ClassLoader;
}

/** The text of the file; unless `secrets`, what classes declare as secret or is called like one is masked, and so are passwords in addresses. */
export async function exportConfig(
  { file, roster, classes }: ExportSources,
  { secrets }: { readonly secrets: boolean },
): Promise<string> {
  const document = parseDocument(await readFile(file.name, "utf8"), { merge: true });
  for (const name of roster.removed) document.deleteIn(["workers", name]);
  for (const { plan, desired } of roster.workers) {
    const path = ["workers", plan.name];
    if (plan.origin !== "file") document.setIn(path, document.createNode(writtenPlan(plan)));
    const isEnabled = desired !== "stopped";
    if (isEnabled !== (document.getIn([...path, "enabled"]) !== false)) document.setIn([...path, "enabled"], isEnabled);
  }
  if (!secrets) {
    for (const { plan } of roster.workers) await maskWorker(document, plan, classes);
    maskByName(document);
  }
  return document.toString({ lineWidth: 140 });
}

/** Masks what the classes of a worker declare as secret. */
async function maskWorker(document: Document, plan: GatewayWorkerPlan, classes: ClassLoader): Promise<void> {
  const path = ["workers", plan.name, "config"];
  const { workers } = document.toJS() as { readonly workers?: Readonly<Record<string, { readonly config?: Options }>> };
  const config = workers?.[plan.name]?.config;
  if (config === undefined || config === null) return;
  const { className, source } = plan;
  const fields = await declaredFields({ className, config: source.values, folder: source.folder }, classes);
  const shown = maskedOptions(config, fields);
  if (maskNode(document, document.getIn(path, true), { config, shown })) return;
  // A value that is not in its place is merged from elsewhere: everything is written anew here, and masked there.
  document.setIn(path, document.createNode(shown));
  maskAnchored(document, hiddenTexts(config, shown));
}

/** Makes a node show what `shown` has instead of `config`; false when it has no node for something that differs. */
function maskNode(
  document: Document,
  node: unknown,
  { config, shown }: { readonly config: unknown; readonly shown: unknown },
): boolean {
  if (Object.is(config, shown) || JSON.stringify(config) === JSON.stringify(shown)) return true;
  const own = isAlias(node) ? node.resolve(document) : node;
  if (isScalar(own)) {
    own.value = shown;
    return true;
  }
  if (!(isMap(own) || isSeq(own))) return false;
  // What is masked as a whole.
  if (typeof shown !== "object" || shown === null) return false;
  return Object.entries(shown).every(([key, value]) => {
    const before = (config as Options)[key];
    const inner: unknown = own.get(isSeq(own) ? Number(key) : key, true);
    if (typeof value !== "object" && typeof before === "object") {
      own.set(isSeq(own) ? Number(key) : key, value);
      return inner !== undefined;
    }
    return maskNode(document, inner, { config: before, shown: value });
  });
}

/** The texts in `config` that `shown` does not have. */
function hiddenTexts(config: unknown, shown: unknown): Set<string> {
  if (JSON.stringify(config) === JSON.stringify(shown)) return new Set();
  if (typeof config !== "object" || config === null) return new Set([String(config)]);
  const entries = Object.entries(config);
  const inner = typeof shown === "object" && shown !== null ? (shown as Options) : {};
  const hidden = new Set<string>();
  for (const [key, value] of entries) for (const text of hiddenTexts(value, inner[key])) hidden.add(text);
  return hidden;
}

/** Masks these texts wherever they may be merged from. */
function maskAnchored(document: Document, hidden: ReadonlySet<string>): void {
  visit(document, {
    Collection: (_key, node) => {
      if (node.anchor === undefined) return;
      visit(node, {
        Scalar: (_inner, scalar) => {
          if (hidden.has(String(scalar.value))) scalar.value = masked;
        },
      });
    },
  });
}

/** Masks what is called like a secret anywhere, and passwords in addresses. */
function maskByName(document: Document): void {
  visit(document, {
    Pair: (_key, pair) => {
      const { key, value } = pair;
      if (!isScalar(key) || !isScalar(value) || value.value === null || value.value === "") return;
      if (isSecretName(String(key.value))) value.value = masked;
    },
    Scalar: (_key, scalar) => {
      if (typeof scalar.value === "string") scalar.value = redactUrls(scalar.value);
    },
  });
}

function writtenPlan({ className, source, group, label }: GatewayWorkerPlan): object {
  return {
    class: className,
    ...(label !== undefined && { label }),
    ...(group !== undefined && { group }),
    config: source.values,
  };
}
