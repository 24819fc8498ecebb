// For tests of programs that use the client: a scripted server in memory, so that no port is opened.

export { type LoginAnswer, MemoryPeer, type MemoryPeerOptions, type PeerServices } from "./memory-peer.ts";
