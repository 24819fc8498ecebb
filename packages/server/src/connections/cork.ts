// Gathers what is written to sockets while answers become ready, so that each socket is written to once.

import type { Duplex } from "node:stream";

let corked: Duplex[] = [];

/** Holds back what is written to `socket` until all answers that are ready now have been written. */
export function corkBriefly(socket: Duplex): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  if (corked.push(socket) === 1) process.nextTick(uncorkAll);
}

function uncorkAll(): void {
  const sockets = corked;
  corked = [];
  for (const socket of sockets) socket.uncork();
}
