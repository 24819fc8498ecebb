// What tests of a bus, and of what stands on a bus, need: the contract suite for implementations, and a bus in memory for everybody else.
// Uses vitest and fast-check, which are optional peers of this package.

export { busContract } from "./contract/contract.ts";
export type { BusContractOptions, ContractBusOptions } from "./contract/options.ts";
export { createMemoryBus, type MemoryBusOptions } from "./memory/bus.ts";
export { MemoryStore, type StoredExchange, type StoredMessage, type StoredQueue } from "./memory/store.ts";
