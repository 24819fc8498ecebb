// What several test files need and one can make, such as the built console. Whoever asks first makes it, in a folder of the whole run; the others wait. What must live as long as a test file, such as a server, is not made here.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "./temp.ts";
import { until } from "./until.ts";

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
