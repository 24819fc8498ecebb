// Finds the class that a name means: our own name, Vumi's dotted path, or `./my-app.ts#EchoApp` for a class of the user's. Classes are
// loaded when they are first asked for, so that a process pays only for what it runs.

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ClassLoader, LoadedClass } from "./config/index.ts";
import { describeValue } from "./describe-value.ts";
import { ClassError } from "./errors.ts";
import { nearestName } from "./near-names.ts";
import { vumiNames } from "./vumi-names.ts";

/** One class that is installed. */
export interface ClassEntry {
  /** Our name of it. */
  readonly name: string;
  /** `transport`, `application`, `dispatcher`, `router`, `middleware`, … */
  readonly kind: string;
  /** Further names, such as dotted paths of Vumi that are not in `vumi-names.ts`. */
  readonly aliases?: readonly string[];
  readonly load: () => Promise<unknown>;
}

/**
 * What a class of a kind must be.
 *
 * Returns undefined when `candidate` is one, else what it lacks: `it has no handleInbound`.
 */
export type KindCheck = (candidate: LoadedClass) => string | undefined;

/** The classes that are known in a process. */
export class ClassRegistry implements ClassLoader {
  readonly #entries: readonly ClassEntry[];
  readonly #byName = new Map<string, ClassEntry>();
  readonly #kinds: ReadonlyMap<string, KindCheck>;
  readonly #loaded = new Map<ClassEntry, Promise<LoadedClass>>();

  /**
   * `kinds` has a check for each kind that can be asked for.
   *
   * @throws {ClassError} CLASS_NAME_TAKEN when two entries share a name.
   */
  constructor(entries: readonly ClassEntry[], kinds: Readonly<Record<string, KindCheck>> = {}) {
    this.#entries = entries;
    this.#kinds = new Map(Object.entries(kinds));
    for (const entry of entries) {
      for (const name of namesOf(entry)) {
        const other = this.#byName.get(name);
        if (other !== undefined) {
          throw new ClassError("CLASS_NAME_TAKEN", `${name} cannot be ${entry.name}: it is ${other.name} already`);
        }
        this.#byName.set(name, entry);
      }
    }
  }

  /** Every installed class, in the order given, with all its names. */
  list(): readonly { readonly name: string; readonly kind: string; readonly aliases: readonly string[] }[] {
    return this.#entries.map((entry) => ({ name: entry.name, kind: entry.kind, aliases: namesOf(entry).slice(1) }));
  }

  /**
   * Loads the class that `name` means. File names are relative to `folder` (default the working directory); `#Name` is the export, without
   * it the default export.
   *
   * @throws {ClassError} CLASS_UNKNOWN (with the nearest name), CLASS_NOT_INSTALLED (a name of Vumi's whose part is not installed),
   * CLASS_NOT_LOADED, CLASS_UNSUITABLE.
   */
  async load(name: string, wanted: { readonly kind?: string; readonly folder?: string } = {}): Promise<LoadedClass> {
    const loaded = isModulePath(name) ? await importClass(name, wanted.folder) : await this.#installed(name);
    const lacks = wanted.kind === undefined ? undefined : this.#kinds.get(wanted.kind)?.(loaded);
    if (lacks !== undefined) {
      throw new ClassError("CLASS_UNSUITABLE", `${name} is not a ${wanted.kind}: ${lacks}`, { details: { name } });
    }
    return loaded;
  }

  async #installed(name: string): Promise<LoadedClass> {
    const entry = this.#byName.get(name);
    if (entry === undefined) throw this.#unknown(name);
    const known = this.#loaded.get(entry);
    if (known !== undefined) return await known;
    const loading = loadEntry(entry);
    this.#loaded.set(entry, loading);
    try {
      return await loading;
    } catch (error) {
      this.#loaded.delete(entry);
      throw error;
    }
  }

  #unknown(name: string): ClassError {
    const ours = [...vumiNames].find(([own, theirs]) => own === name || theirs.includes(name))?.[0];
    if (ours !== undefined) {
      return new ClassError("CLASS_NOT_INSTALLED", `${name} is known as ${ours}, which is not installed here`, {
        details: { name },
      });
    }
    const near = this.#nearest(name);
    if (near === undefined && name.startsWith("vumi.")) {
      return new ClassError("CLASS_NOT_INSTALLED", `${name}, which is a name of Vumi's, is not here`, {
        details: { name },
      });
    }
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    return new ClassError("CLASS_UNKNOWN", `there is no class ${name}${hint}`, { details: { name, near } });
  }

  /** Looks at the whole name, and at its last part alone: people remember the class better than its path, and often only a part of it. */
  #nearest(name: string): string | undefined {
    const names = [...this.#byName.keys()];
    const last = lastPart(name);
    const near = nearestName(name, names) ?? nearestName(last, names);
    if (near !== undefined || last.length < 4) return near;
    return names.find((one) => one.toLowerCase().includes(last.toLowerCase()));
  }
}

function namesOf({ name, aliases = [] }: ClassEntry): string[] {
  return [...new Set([name, ...(vumiNames.get(name) ?? []), ...aliases])];
}

function lastPart(dotted: string): string {
  return dotted.slice(dotted.lastIndexOf(".") + 1);
}

function isModulePath(name: string): boolean {
  return /^\.{0,2}\//.test(name) || name.includes("#");
}

async function loadEntry({ name, load }: ClassEntry): Promise<LoadedClass> {
  try {
    return asClass(await load(), name);
  } catch (error) {
    if (error instanceof ClassError) throw error;
    throw notLoaded(name, error);
  }
}

async function importClass(name: string, folder: string = process.cwd()): Promise<LoadedClass> {
  const hash = name.lastIndexOf("#");
  const [path, exported] = hash < 0 ? [name, "default"] : [name.slice(0, hash), name.slice(hash + 1)];
  const file = resolve(folder, path);
  // Asked for first, because the error for a missing file does not tell it from one that the file itself imports.
  if (!(await isFile(file))) {
    throw new ClassError("CLASS_NOT_LOADED", `${name}: there is no file ${file}`, { details: { name, file } });
  }
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await importFile(pathToFileURL(file).href);
  } catch (error) {
    throw notLoaded(name, error);
  }
  if (Object.hasOwn(module, exported)) return asClass(module[exported], name);
  const near = nearestName(exported, Object.keys(module));
  const hint = near === undefined ? "" : `; did you mean ${path}#${near}?`;
  throw new ClassError("CLASS_UNKNOWN", `${file} exports nothing named ${exported}${hint}`, {
    details: { name, near },
  });
}

/** Imports a file. Node reads TypeScript from 22.18 on; before that tsx does, if it is installed. */
async function importFile(url: string): Promise<Readonly<Record<string, unknown>>> {
  // Registered first, and not once an import has failed: Node 20 remembers the failure.
  if (/\.[cm]?tsx?$/.test(url) && !readsTypeScript()) await (typeScriptLoader ??= registerTypeScript());
  return (await import(url)) as Readonly<Record<string, unknown>>;
}

/** Registered once for the process, by whichever registry needs it first. */
let typeScriptLoader: Promise<void> | undefined;

async function registerTypeScript(): Promise<void> {
  const { register } = await import("tsx/esm/api");
  register();
}

function readsTypeScript(): boolean {
  return Boolean((process.features as { readonly typescript?: string | false }).typescript);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function asClass(value: unknown, name: string): LoadedClass {
  if (typeof value === "function") return value as unknown as LoadedClass;
  throw new ClassError("CLASS_UNSUITABLE", `${name}: expected a class, got ${describeValue(value)}`, {
    details: { name },
  });
}

function notLoaded(name: string, error: unknown): ClassError {
  // Node 20 with tsx, where no package.json says otherwise; what it says itself does not help.
  if (error instanceof Error && error.message.startsWith("Cannot require() ES Module")) {
    const expected = `expected a package.json with "type": "module" in the file's folder or above it`;
    return new ClassError("CLASS_NOT_LOADED", `${name} cannot be loaded: ${expected}`, {
      cause: error,
      details: { name },
    });
  }
  const place = placeOf(error);
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const text = `${name} cannot be loaded: ${reason}${place === undefined ? "" : `, at ${place}`}${hintAt(reason, place)}`;
  return new ClassError("CLASS_NOT_LOADED", text, { cause: error, details: { name } });
}

function hintAt(reason: string, place: string | undefined): string {
  // Packages are looked for from the file upwards, not from where the command is.
  if (/Cannot find (?:package|module) '@switchboard\//.test(reason)) {
    return "; keep the file below Switchboard's folder, or install the package beside it";
  }
  return place === undefined && reason.startsWith("SyntaxError") ? "; `node --check` with the file says where" : "";
}

const ourPackages = new URL("../../", import.meta.url).href;

/** The file and line of the user's own that an error came from, `/srv/my-app.ts:12`; undefined when it tells none. */
function placeOf(error: unknown): string | undefined {
  const stack = (error instanceof Error && error.stack) || "";
  for (const [, file = "", line] of stack.matchAll(/(?<=^|\(|\bat |\basync )((?:file:\/\/)?\/[^()\n]+?):(\d+)/gm)) {
    const url = file.startsWith("file:") ? file : pathToFileURL(file).href;
    if (!url.includes("/node_modules/") && !url.startsWith(ourPackages)) return `${fileURLToPath(url)}:${line}`;
  }
  return undefined;
}
