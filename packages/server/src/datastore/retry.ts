// Tries again when the connection to the database is lost.

import type { Clock, Logger } from "@switchboard/core";
import { StorageError } from "@switchboard/storage";

const maxAttempts = 15;
const delayMs = 1_000;

/** Runs `work`, and again, up to 15 times one second apart, as long as it fails because the connection was lost. */
export async function retryLostConnections<Result>(
  work: () => Promise<Result>,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const isLost = error instanceof StorageError && error.code === "STORAGE_CONNECTION_LOST";
      if (!isLost || attempt >= maxAttempts) throw error;
      logger.warn({ attempt, reason: error.message }, "the connection to the database is lost, trying again");
      await new Promise<void>((resolve) => clock.setTimer(resolve, delayMs));
    }
  }
}
