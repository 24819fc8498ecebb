// What the gateway's services share: how they write times, who may do what, and how they say that there is no such thing.

import { nearestName } from "@switchboard/messaging/config";
import { errno, RpcError } from "@switchboard/protocol";
import type { GatewayView, WorkerView } from "./gateway-view.ts";

/** May start, stop, retry and send. */
export const operators: readonly string[] = ["operator"];

/** May also do what cannot be undone. */
export const administrators: readonly string[] = ["admin"];

/** For what has nothing to stop yet. */
export const doNothing = (): void => undefined;

/** A time for the wire; null when it is not known. */
export function date(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}

/** The same from microseconds. */
export function dateOfUs(us: number | undefined): Date | null {
  return us === undefined ? null : new Date(us / 1_000);
}

/** A worker by its name. @throws {RpcError} ENOENT. */
export function workerOf(view: GatewayView, name: string): WorkerView {
  const workers = view.workers();
  const found = workers.find((worker) => worker.name === name);
  if (found !== undefined) return found;
  throw noSuch(
    "worker",
    name,
    workers.map((worker) => worker.name),
  );
}

/** There is none of that name, but perhaps one of nearly that name. */
export function noSuch(kind: string, name: string, names: Iterable<string>): RpcError {
  const near = nearestName(name, names);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return notFound(`there is no ${kind} ${JSON.stringify(name)}${hint}`);
}

/** There is no such thing. */
export function notFound(message: string): RpcError {
  return new RpcError(errno.ENOENT, message);
}

/** What was given is not what was expected. */
export function invalid(message: string): RpcError {
  return new RpcError(errno.EINVAL, message);
}

/** Calls `listener` at most once in `everyMs`, however often it is asked to; the last asking always counts. */
export function throttled(
  view: Pick<GatewayView, "clock">,
  everyMs: number,
  listener: () => void,
): { readonly ask: () => void; readonly cancel: () => void } {
  let timer: { cancel(): void } | undefined;
  return {
    ask: () => {
      timer ??= view.clock.setTimer(() => {
        timer = undefined;
        listener();
      }, everyMs);
    },
    cancel: () => {
      timer?.cancel();
      timer = undefined;
    },
  };
}
