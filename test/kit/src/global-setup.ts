// Before a run of vitest, for each of its projects: what processes and threads shall start is built, and there is a folder for what one test file
// makes for all.

import type { TestProject } from "vitest/node";
import { buildPackages } from "./built.ts";
import { tempFolder } from "./temp.ts";

export default function setup(project: TestProject): void {
  buildPackages();
  project.onTestsRerun(buildPackages);
  // Read in once-per-run.ts. Removed when vitest has ended.
  process.env["SWITCHBOARD_TEST_RUN"] ??= tempFolder();
}
