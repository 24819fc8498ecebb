// The datastore's door: the universal query over lists in memory.

export { queryList, type QueryHooks } from "./query/query-list.ts";
