// The thread's end: opens, then answers batches one after the other until it is told to close.

import { parentPort, workerData } from "node:worker_threads";
import { type Answer, type FromThread, type ToThread, toFailure } from "./protocol.ts";

/** What a thread does with its requests. */
export interface Server<Request> {
  /** Answers a whole batch, one answer for each request, in order. Must not throw. */
  answer(requests: readonly Request[]): Answer[];
  /** Releases everything. */
  close(): void;
}

/** Runs in the worker: opens a server with the data that the thread was started with, and serves until told to close. */
export function serve<Request>(open: (data: unknown) => Server<Request>): void {
  if (parentPort === null) throw new Error("serve() runs in a worker thread only");
  const port = parentPort;
  const say = (message: FromThread): void => port.postMessage(message);
  let server: Server<Request>;
  try {
    server = open(workerData);
  } catch (error) {
    say({ opened: toFailure(error) });
    return;
  }
  say({ opened: undefined });
  port.on("message", (message: ToThread) => {
    if (message !== "close") {
      say({ answers: server.answer(message as readonly Request[]) });
      return;
    }
    server.close();
    port.close();
  });
}
