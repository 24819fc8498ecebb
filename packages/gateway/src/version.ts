// Which version this is; all packages have the same.

import { createRequire } from "node:module";

/** As in package.json. */
export const version: string = (createRequire(import.meta.url)("../package.json") as { version: string }).version;
