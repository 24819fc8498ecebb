// Ending an HTTP server that people may be in the middle of talking to.

import type { Server } from "node:http";
import type { Clock } from "@switchboard/core";

const graceMs = 5_000;

/** Takes no new connections, lets what is being answered come to its end, and cuts what takes longer than five seconds. Resolves when all are gone. */
export async function closeServer(server: Server, clock: Clock): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = clock.setTimer(() => server.closeAllConnections(), graceMs);
  await closed;
  timer.cancel();
}
