// What was built of our packages. It starts in a third of the time that its source takes, and is what users run: whatever tests start beside themselves,
// processes and threads, is that.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Builds what has changed. Called before the tests; takes a moment when nothing has, and three seconds in a fresh clone. */
export function buildPackages(): void {
  // Types are the business of `npm run check`.
  const args = [join(root, "node_modules/.bin/tsc"), "-b", "--noCheck", "packages/cli"];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`the packages could not be built:\n${stdout}`);
}

/** Returns where a built file is, such as `packages/cli/dist/main.js`. */
export function builtFile(path: string): URL {
  return pathToFileURL(join(root, path));
}

/** Vite's plugin that has the threads of our packages run, and load, what was built of their modules. */
export const builtThreads = {
  name: "built-threads",
  transform(code: string, id: string): string | undefined {
    const [, folder, path] = /^(.*\/packages\/[^/]+)\/src\/(.*\/)[^/]+\.ts$/.exec(id) ?? [];
    if (folder === undefined || path === undefined) return undefined;
    const module = /(startWorker|procedure)\(new URL\("\.\/([\w-]+)\.ts", import\.meta\.url\)/g;
    if (!module.test(code)) return undefined;
    return code.replaceAll(module, (_, call: string, name: string) => {
      const built = pathToFileURL(`${folder}/dist/${path}${name}.js`);
      return `${call}(new URL(${JSON.stringify(built)})`;
    });
  },
};
