// The types of calls. `switchboard types` generates a `Methods` interface from a running server; `Client<Methods>` then checks names,
// arguments and results.

import type { CallArguments } from "@switchboard/protocol";

/** Any method by name: what a client knows without generated declarations. */
export interface UntypedMethods {
  readonly [method: string]: (...args: readonly unknown[]) => unknown;
}

/** What a method takes: its parameters by position, or an object by parameter name. Null stands for none. */
export type ArgumentsOf<Method> = Method extends (...args: infer Args) => unknown
  ? Readonly<Args> | Readonly<Record<string, unknown>> | null
  : CallArguments;

/** What a call of a method resolves with: for one that yields items, all of them. */
export type ResultOf<Method> = Method extends (...args: never[]) => infer Result
  ? Result extends AsyncIterable<infer Item>
    ? Item[]
    : Result
  : unknown;

/** What a stream of a method gives one at a time. */
export type ItemOf<Method> = Method extends (...args: never[]) => infer Result
  ? Result extends AsyncIterable<infer Item>
    ? Item
    : Result extends readonly (infer Item)[]
      ? Item
      : Result
  : unknown;
