// The thread's end: opens, then answers batches one after the other until it is told to close.

import { parentPort, workerData } from "node:worker_threads";
import { type Answers, Failed, type Failure, type FromThread, type ToThread, toFailure } from "./protocol.ts";

/** What a thread does with its requests. */
export interface Server<Request> {
  /** Answers a whole batch: for each request, in order, its value or a {@link Failed}. Must not throw. */
  answer(requests: readonly Request[]): unknown[];
  /** Makes use of a module, of which this is the URL and what it exports. */
  load?(url: string, module: object): void;
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
  const take = (message: Exclude<ToThread, { load: string }>): void => {
    if (message !== "close") {
      say(toAnswers(server.answer(message as readonly Request[])));
      return;
    }
    server.close();
    port.close();
  };
  // What comes meanwhile may be about the module.
  let loading: Promise<void> | undefined;
  port.on("message", (message: ToThread) => {
    if (typeof message === "object" && "load" in message) {
      loading = Promise.all([load(server, message.load), loading]).then(([loaded]) => say({ loaded }));
    } else if (loading === undefined) take(message);
    else void loading.then(() => take(message));
  });
}

async function load(server: Server<never>, url: string): Promise<Failure | undefined> {
  try {
    const module: unknown = await import(url);
    server.load?.(url, module as object);
    return undefined;
  } catch (error) {
    return toFailure(error);
  }
}

function toAnswers(values: unknown[]): Answers {
  const failed: number[] = [];
  for (const [index, value] of values.entries()) {
    if (!(value instanceof Failed)) continue;
    failed.push(index);
    values[index] = value.failure;
  }
  return { values, failed };
}
