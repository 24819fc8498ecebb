// Changes of collections, in the form in which services announce them as `<service>.changed`.

import type { Logger } from "@switchboard/core";
import type { Key } from "./keys.ts";

/** What happened to objects of a collection. */
export type Change =
  | { readonly operation: "create" | "update" | "delete"; readonly ids: readonly Key[] }
  | { readonly operation: "rename"; readonly ids: readonly (readonly [from: Key, to: Key])[] };

/** Told of each change, after it is safe, in the order of the changes of one object. */
export type ChangeListener = (collection: string, change: Change) => void;

/** Those who are told. What one of them throws is logged and keeps nobody else from hearing. */
export class ChangeListeners {
  readonly #logger: Logger;
  readonly #all = new Set<ChangeListener>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Adds one; returns how to stop. */
  add(listener: ChangeListener): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  tell(collection: string, change: Change): void {
    for (const listener of this.#all) {
      try {
        listener(collection, change);
      } catch (error) {
        this.#logger.error({ collection, error }, "a listener failed on a change");
      }
    }
  }

  clear(): void {
    this.#all.clear();
  }
}
