// Imports a plugin's file so that it is read again when it has changed, together with what it imports from its plugin directory.
// Node keeps every module it has loaded, by URL. So the URL carries a version, and a resolve hook hands version on to the modules below.

import { createRequire, register } from "node:module";
import { sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { PluginFile } from "./find-plugins.ts";

/** How a module is imported by its URL. */
export type ImportModule = (url: string) => Promise<unknown>;

// Runs on the thread of Node's module hooks, as plain JavaScript. Modules that plugins import from our packages are those of the server, wherever the
// plugin lies, so that errors and classes are the same.
const hook = `
const rootKey = "plugin-root", versionKey = "plugin-version";
let serverUrl;
export function initialize(data) { serverUrl = data; }
export async function resolve(specifier, context, next) {
  const parent = context.parentURL?.startsWith("file:") ? new URL(context.parentURL).searchParams : undefined;
  const root = Buffer.from(parent?.get(rootKey) ?? "", "base64url").toString();
  if (!root) return next(specifier, context);
  if (specifier.startsWith("@switchboard/")) return next(specifier, { ...context, parentURL: serverUrl });
  const resolved = await next(specifier, context);
  if (!resolved.url.startsWith(root) || resolved.url.includes("/node_modules/")) return resolved;
  const url = new URL(resolved.url);
  for (const key of [rootKey, versionKey]) url.searchParams.set(key, parent.get(key));
  return { ...resolved, url: url.href };
}`;

let isInstalled = false;

/**
 * Imports a plugin's file. The same version gives the same module; a new one is read anew.
 *
 * Old versions stay in memory, as Node has no way to forget a module; so a version should change only when the code has.
 */
export async function importPlugin(
  { path, root }: PluginFile,
  version: string,
  importModule: ImportModule = importFile,
): Promise<unknown> {
  if (!isInstalled) {
    isInstalled = true;
    register(`data:text/javascript,${encodeURIComponent(hook)}`, { parentURL: import.meta.url, data: import.meta.url });
  }
  const url = pathToFileURL(path);
  // Not as it is: loaders take an encoded slash in a query for one in a path.
  url.searchParams.set("plugin-root", Buffer.from(`${pathToFileURL(root).href}/`).toString("base64url"));
  url.searchParams.set("plugin-version", version);
  return importModule(url.href);
}

/** Imports a file. Node reads TypeScript from 22.18 on; before that tsx does, if it is installed. */
async function importFile(url: string): Promise<unknown> {
  try {
    return await import(url);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_UNKNOWN_FILE_EXTENSION") throw error;
    // Where no package.json says what kind of modules a folder has, tsx takes its files for CommonJS.
    const [esm, cjs] = await Promise.all([import("tsx/esm/api"), import("tsx/cjs/api")]);
    esm.register();
    cjs.register();
    // Node remembers that it could not load the file under its own address.
    return import(`${url}&tsx`);
  }
}

/** Makes CommonJS files below the directories be read again. Their cache knows no versions. */
export function forgetCommonJs(roots: readonly string[]): void {
  const { cache } = createRequire(import.meta.url);
  for (const path of Object.keys(cache)) {
    const isBelow = roots.some((root) => path.startsWith(root + sep));
    if (isBelow && !path.includes(`${sep}node_modules${sep}`)) delete cache[path];
  }
}
