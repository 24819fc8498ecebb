// How workers and the owner of an embedded bus talk: one JSON object per line. The harness's own; not part of Switchboard.

import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import type { QueueState } from "./queue-state.ts";

/** From a worker. */
export type Request =
  | { readonly call: number; readonly publish: { readonly queue: string; readonly body: string } }
  | { readonly call: number; readonly consume: { readonly queue: string; readonly prefetch: number } }
  | { readonly call: number; readonly inspect: readonly string[] }
  | { readonly settle: number; readonly error?: string };

/** From the owner. */
export type Reply =
  | { readonly result: number; readonly value?: QueueState; readonly error?: string }
  | { readonly deliver: number; readonly queue: string; readonly body: string; readonly attempt: number };

/** Sends one line. A socket that is gone takes it and loses it, as a wire does. */
export function sendLine(socket: Socket, line: Request | Reply): void {
  if (socket.writable) socket.write(`${JSON.stringify(line)}\n`);
}

/** Calls `take` for each line that comes in. */
export function onLine(socket: Socket, take: (line: unknown) => void): void {
  const lines = createInterface({ input: socket });
  lines.on("line", (text) => {
    // A line that was cut off by the end of the connection is none.
    if (text.endsWith("}")) take(JSON.parse(text));
  });
  // It passes the socket's errors on; whoever has the socket sees it close.
  lines.on("error", () => undefined);
}
