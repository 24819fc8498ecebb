// What tests of links, and of what stands on links, need: a pair in memory, the contract suite, and what plays the far end in it.
// The suite uses vitest and fast-check, which are optional peers of this package.

export { type MemoryLinkPair, memoryLinkPair } from "./memory-pair.ts";
