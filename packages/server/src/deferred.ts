// A promise that is settled from outside: `Promise.withResolvers`, which Node 20 does not have.

/** A promise and the functions that settle it; the first one called counts. */
export interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/** Makes one. */
export function deferred<Value = void>(): Deferred<Value> {
  let resolve: Deferred<Value>["resolve"] | undefined;
  let reject: Deferred<Value>["reject"] | undefined;
  const promise = new Promise<Value>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  // The executor has run by now; this only tells the compiler.
  if (resolve === undefined || reject === undefined) throw new Error("promise without executor");
  return { promise, resolve, reject };
}
