// Waiting: between two tries, and for what somebody else brings about. Used by whatever comes back by itself.

import type { Clock } from "@switchboard/core";

/** A promise and what settles it. */
export interface Deferred<Value> {
  readonly promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: Error): void;
}

const firstMs = 100;
const longestMs = 5_000;

/** How long to wait before try number `tries` + 1: 100 ms, doubled each time up to 5 s, less up to a fifth so that many clients spread. */
export function backoffMs(tries: number, random: () => number = Math.random): number {
  if (tries === 0) return 0;
  return Math.round(Math.min(firstMs * 2 ** (tries - 1), longestMs) * (1 - random() / 5));
}

/** Resolves after `delayMs`, or at once when `signal` is aborted. Never rejects. */
export async function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (delayMs === 0 || signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = clock.setTimer(wake, delayMs);
    signal?.addEventListener("abort", wake);
  });
}

/** A promise to be settled from outside. Nobody needs to be waiting when it is rejected. */
export function deferred<Value>(): Deferred<Value> {
  let settle: Omit<Deferred<Value>, "promise"> | undefined;
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => undefined);
  if (settle === undefined) throw new TypeError("a promise's executor runs at once");
  return { promise, ...settle };
}
