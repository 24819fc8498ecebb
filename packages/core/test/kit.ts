// What the kernel's tests share: a dispatcher under a test clock that remembers what it was told, and listeners that remember what they got.

import {
  Dispatcher,
  type DispatcherOptions,
  type Drop,
  type Failure,
  type Id,
  type Message,
  type MessageListener,
} from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { onTestFinished } from "vitest";

export interface Kit {
  readonly clock: TestClock;
  readonly dispatcher: Dispatcher;
  /** What `onError` was told. */
  readonly failures: Failure[];
  /** What the `dropped` hook was told. */
  readonly drops: Drop[];
  /** Lets everything that is due at this moment happen. */
  readonly settle: () => Promise<void>;
}

/** A dispatcher that is shut down at the end of the test. */
export function kit(options: DispatcherOptions = {}): Kit {
  const clock = new TestClock();
  const failures: Failure[] = [];
  const drops: Drop[] = [];
  const dispatcher = new Dispatcher({
    clock,
    onError: (failure) => failures.push(failure),
    hooks: { dropped: (drop) => drops.push(drop) },
    ...options,
  });
  onTestFinished(() => dispatcher.shutdown());
  return { clock, dispatcher, failures, drops, settle: () => clock.advance(0) };
}

type Handler = (message: Message) => unknown;

/** A listener made of one function, or of one for each way of sending. */
export function listener(id: Id | undefined, handle: Handler, handleSync: Handler = handle): MessageListener {
  return { id, handleMessage: handle, handleMessageSync: handleSync };
}

/** A promise and its ends. */
export function promiseEnds<Value = unknown>(): {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
} {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Value>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** Waits on the test clock. */
export function sleep(clock: TestClock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(resolve, ms));
}

/** What became of a promise so far. */
export function outcomeOf(promise: Promise<unknown>): { readonly state: () => unknown } {
  let state: unknown = "waiting";
  promise.then(
    (value) => (state = { value }),
    (error: unknown) => (state = { error }),
  );
  return { state: () => state };
}
