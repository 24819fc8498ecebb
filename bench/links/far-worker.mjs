// Runs far.ts in a worker thread. tsx registers itself in main threads only (as of 4.23), so that a thread has to ask for it.

import { register } from "tsx/esm/api";

register();
await import("./far.ts");
