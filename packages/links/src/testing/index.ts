// What tests of links, and of what stands on links, need: a pair in memory, the contract suite, and what plays the far end in it.
// The suite uses vitest and fast-check, which are optional peers of this package.

export { type MemoryLinkPair, memoryLinkPair } from "./memory-pair.ts";
export { farDispatcher } from "./far-dispatcher.ts";
export { type FarCommand, type FarMemory, FarPeer, hostilePeer, hostileText, type SessionReport } from "./far-peer.ts";
export type { FarConnection, FarRole, LinkHarness, LinkTraits } from "./contract/harness.ts";
export { linkContract } from "./link-contract.ts";
