// Promises that failed and that nobody waited for. Node ends a process over one; here it would take everybody's channels down for a single
// `await` that is missing in somebody's class. For the processes that workers run in, not for who only uses the gateway as a library.

import type { Logger } from "@switchboard/core";

/** Logs them from now on, with the place that they come from, instead of ending this process. What is thrown outside of promises still ends it. */
export function logStrayRejections(logger: Logger): void {
  process.on("unhandledRejection", (reason) => {
    logger.error({ err: reason }, "a promise failed and nobody waits for it: an await or a catch is missing");
  });
}
