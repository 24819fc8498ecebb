// Which files a configuration names: what it includes, options of workers, classes with what these import of their own, plugins, certificates. For a
// backup that can be started where it lies; what lies beside or below the configuration is taken, the rest only told.

import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, extname, isAbsolute, join, relative, resolve } from "node:path";
import type { ConfigSource } from "@switchboard/messaging/config";
import type { GatewayFile } from "../config/gateway-file.ts";
import type { GatewayWorkerPlan } from "../workers/plan.ts";

/** What was found. */
export interface NamedFiles {
  /** Absolute, below the configuration's folder. */
  readonly files: readonly string[];
  /** What is not among them, and why. */
  readonly left: readonly string[];
  /** The folder of packages that the code among them needs; undefined when it needs none. */
  readonly packages: string | undefined;
}

/** What names files. */
export interface NamingParts {
  readonly file: GatewayFile;
  /** The workers as they are now. */
  readonly plans: readonly GatewayWorkerPlan[];
  /** Files and folders of the engines, and others that mean nothing elsewhere; what lies in them is not looked at. */
  readonly except: readonly string[];
}

const maxFiles = 1_000;
const maxBytes = 67_108_864;
const codeExtensions: ReadonlySet<string> = new Set([".ts", ".mts", ".js", ".mjs", ".cjs"]);
const importPattern = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*["']([^"']+)["']/g;

/** Finds the files. Never rejects: what cannot be read is told as left. */
export async function namedFiles({ file, plans, except }: NamingParts): Promise<NamedFiles> {
  const folder = resolve(file.source.folder ?? ".");
  const search = new Search(folder, except);
  await search.addAll(file.source);
  for (const { className, source } of plans) {
    await search.addText(className, source.folder ?? folder);
    await search.addAll(source);
  }
  for (const plugins of file.dispatcher["plugin-dirs"] ?? []) await search.addFolder(plugins);
  return search.found();
}

/** Gathers files, each once. */
class Search {
  readonly #folder: string;
  readonly #except: readonly string[];
  readonly #files = new Set<string>();
  readonly #left = new Map<string, string>();
  #bytes = 0;
  #needsPackages = false;

  constructor(folder: string, except: readonly string[]) {
    this.#folder = folder;
    this.#except = except;
  }

  async found(): Promise<NamedFiles> {
    const left = [...this.#left].map(([path, why]) => `${path}: ${why}`);
    return {
      files: [...this.#files],
      left,
      packages: this.#needsPackages ? await packagesOf(this.#folder) : undefined,
    };
  }

  /** Every file that a value names, and every file that a value comes from. */
  async addAll(source: ConfigSource): Promise<void> {
    const folder = source.folder ?? this.#folder;
    const visit = async (value: unknown, path: readonly (string | number)[]): Promise<void> => {
      const place = source.locate(path)?.source;
      if (place !== undefined) await this.#add(resolve(folder, place));
      if (typeof value === "string") await this.addText(value, folder);
      else if (typeof value === "object" && value !== null) {
        for (const [key, inner] of Object.entries(value)) await visit(inner, [...path, key]);
      }
    };
    await visit(source.values, []);
  }

  /** A text that may name a file, or a class in one. */
  async addText(text: string, folder: string): Promise<void> {
    const [name = ""] = text.split("#", 1);
    if (/[./]/.test(name) && !/[\n\0]/.test(name) && name.length < 1_000) await this.#add(resolve(folder, name));
  }

  /** All that is in a folder and below it. */
  async addFolder(folder: string): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && !path.includes("/node_modules/")) await this.#add(path);
    }
  }

  async #add(path: string): Promise<void> {
    if (this.#files.has(path) || this.#except.some((one) => isWithin(one, path))) return;
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true) return;
    if (!isWithin(this.#folder, path)) {
      this.#left.set(path, `it is not below ${this.#folder}`);
    } else if (this.#files.size >= maxFiles || this.#bytes + found.size > maxBytes) {
      this.#left.set(path, `more than ${maxFiles} files, or ${maxBytes / 1_048_576} MiB, are named`);
    } else {
      this.#files.add(path);
      this.#bytes += found.size;
      if (codeExtensions.has(extname(path))) await this.#addImports(path);
    }
  }

  async #addImports(path: string): Promise<void> {
    const text = await readFile(path, "utf8").catch(() => "");
    for (const [, name = ""] of text.matchAll(importPattern)) {
      if (!name.startsWith(".")) this.#needsPackages ||= !/^(?:node|file|data):/.test(name);
      else {
        const full = resolve(dirname(path), name);
        for (const one of [full, `${full}.ts`, `${full}.js`, full.replace(/\.js$/, ".ts")]) await this.#add(one);
      }
    }
  }
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (!way.startsWith("..") && !isAbsolute(way));
}

/** The nearest folder of packages, as Node looks for it. */
async function packagesOf(folder: string): Promise<string | undefined> {
  const path = join(folder, "node_modules");
  if ((await stat(path).catch(() => undefined))?.isDirectory() === true) return realpath(path);
  return dirname(folder) === folder ? undefined : packagesOf(dirname(folder));
}
