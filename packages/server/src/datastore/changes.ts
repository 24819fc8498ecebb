// Changes of collections, in the form in which services announce them as `<service>.changed`.

import type { Key } from "./keys.ts";

/** What happened to objects of a collection. */
export type Change =
  | { readonly operation: "create" | "update" | "delete"; readonly ids: readonly Key[] }
  | { readonly operation: "rename"; readonly ids: readonly (readonly [from: Key, to: Key])[] };

/** Told of each change, after it is safe, in the order of the changes of one object. */
export type ChangeListener = (collection: string, change: Change) => void;
