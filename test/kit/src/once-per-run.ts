// What several test files need and one can make: the built packages, the built console, a database's first files. Whoever asks first makes it, in a
// folder of the whole run; the others wait. What must live as long as a test file, such as a server, is not made here.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";
import { tempFolder } from "./temp.ts";
import { until } from "./until.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const variable = "SWITCHBOARD_TEST_RUN";

/** Has `make` called with an empty folder, by the first test file of a run that asks for `name`; resolves with the folder when it is made. */
export async function oncePerRun(name: string, make: (folder: string) => Promise<unknown>): Promise<string> {
  // Vitest's set-up makes it. A program that runs alone, such as the loss harness, is a run of its own.
  const folder = join((process.env[variable] ??= tempFolder()), name);
  const [made, failed] = [`${folder}.made`, `${folder}.failed`];
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    await until(() => existsSync(made) || existsSync(failed), { deadlineMs: 120_000, everyMs: 50 });
    if (existsSync(failed)) throw new Error(readFileSync(failed, "utf8"), { cause: error });
    return folder;
  }
  try {
    await make(folder);
    writeFileSync(made, "");
    return folder;
  } catch (error) {
    writeFileSync(failed, String(error));
    throw error;
  }
}

/**
 * Returns a built file, such as `packages/cli/dist/main.js`, when the packages have been built from what their source is now.
 *
 * What was built starts in a third of the time that its source takes, and is what users run.
 */
export async function builtFile(path: string): Promise<URL> {
  await oncePerRun("build", async () => {
    // Types are the business of `npm run check`.
    const build = spawn(process.execPath, [join(root, "node_modules/.bin/tsc"), "-b", "--noCheck", "packages/cli"], {
      cwd: root,
    });
    const [printed, said, [code]] = await Promise.all([text(build.stdout), text(build.stderr), once(build, "exit")]);
    if (code !== 0) throw new Error(`the packages could not be built:\n${printed}${said}`);
  });
  return pathToFileURL(join(root, path));
}
