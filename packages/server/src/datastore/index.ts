// The datastore's door.

export type { Change, ChangeListener } from "./changes.ts";
export { ConfigNode, ConfigStore } from "./config-store.ts";
export { Datastore, type DatastoreOptions } from "./datastore.ts";
export type { CollectionAttributes, KeyType } from "./declaration.ts";
export type { StoredObject } from "./document.ts";
export type { Key } from "./keys.ts";
export { ObjectCache, type ObjectCacheOptions } from "./object-cache.ts";
export { queryList, type QueryHooks, type QueryResult } from "./query/query-list.ts";
