// Finds the files of plugins in the plugin directories, and tells when any code in there has changed.

import { createHash } from "node:crypto";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";

/** A file that should be a plugin. */
export interface PluginFile {
  /** Real path, links followed. */
  readonly path: string;
  /** Real path of the plugin directory that it was found in. */
  readonly root: string;
}

/** What was found. */
export interface FoundPlugins {
  readonly files: readonly PluginFile[];
  /** Directories and links that could not be followed, each with the reason. */
  readonly problems: readonly string[];
}

const extensions = /\.(?:ts|mts|js|mjs|cjs)$/;
const notPlugins = /^[._]|\.d\.m?ts$|\.(?:test|spec)\.\w+$/;
const maxDepth = 20;

/**
 * All plugin files of the directories, in the order of the directories and below each in the order of their paths.
 *
 * Not plugins: what begins with `.` or `_` (the place for modules that plugins share), `node_modules`, tests, type declarations; and directories named
 * `disabled` unless `loadDisabled`. A link that leads out of its plugin directory is not followed.
 */
export async function findPlugins(
  directories: readonly string[],
  { loadDisabled = false }: { readonly loadDisabled?: boolean } = {},
): Promise<FoundPlugins> {
  const files = new Map<string, PluginFile>();
  const problems: string[] = [];
  for (const directory of directories) {
    try {
      const root = await realpath(directory);
      const seen = new Set([root]);
      await walk(
        root,
        0,
        async (path) => {
          const real = await realpath(path);
          if (real !== root && !real.startsWith(root + sep)) problems.push(`${path} leads out of ${root}`);
          else if ((await stat(real)).isDirectory()) {
            if (seen.has(real)) return undefined;
            seen.add(real);
            return real;
          } else if (extensions.test(path) && !files.has(real)) files.set(real, { path: real, root });
          return undefined;
        },
        { loadDisabled, problems },
      );
    } catch (error) {
      problems.push(reasonOf(directory, error));
    }
  }
  return { files: [...files.values()], problems };
}

interface WalkOptions {
  readonly loadDisabled: boolean;
  readonly problems: string[];
}

/** Shows each entry to `visit`, which answers with the directory to go into. */
async function walk(
  folder: string,
  depth: number,
  visit: (path: string) => Promise<string | undefined>,
  options: WalkOptions,
): Promise<void> {
  if (depth > maxDepth) return;
  for (const name of (await readdir(folder)).toSorted()) {
    if (notPlugins.test(name) || name === "node_modules" || (name === "disabled" && !options.loadDisabled)) continue;
    const path = join(folder, name);
    try {
      const next = await visit(path);
      if (next !== undefined) await walk(next, depth + 1, visit, options);
    } catch (error) {
      options.problems.push(reasonOf(path, error));
    }
  }
}

/** A text that changes when any code below the directories does, files that are no plugins included. */
export async function fingerprint(directories: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const directory of directories) {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
    const paths = entries
      .filter((entry) => !entry.isDirectory() && /\.(?:ts|mts|cts|js|mjs|cjs|json)$/.test(entry.name))
      // `parentPath` is `path` in the first releases of Node 20.
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !path.includes(`${sep}node_modules${sep}`));
    for (const path of paths.toSorted()) {
      hash.update(`${path}\0`);
      // A file that is gone or unreadable by now is as good as an empty one.
      hash.update(await readFile(path).catch(() => ""));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

function reasonOf(path: string, error: unknown): string {
  return `${path}: ${error instanceof Error ? error.message : String(error)}`;
}
