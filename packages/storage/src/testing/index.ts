// What tests of a key-value engine need: the contract suite. Uses vitest, which is an optional peer of this package.

export type { ContractStoreOptions, KeyValueContractOptions } from "./case-world.ts";
export { keyValueContract } from "./key-value-contract.ts";
