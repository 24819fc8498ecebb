// Before and after a run of vitest: the folder in which test files leave what others shall find (see once-per-run.ts).

import { tempFolder } from "./temp.ts";

/** Makes the folder. It is removed when vitest has ended. */
export default function setup(): void {
  process.env["SWITCHBOARD_TEST_RUN"] = tempFolder();
}
