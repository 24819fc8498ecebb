// What tests of the server's parts need. Uses vitest and fast-check, which are optional peers of this package.

export { datastoreContract } from "./datastore-contract.ts";
export { createMemoryConnection, MemoryClient, remotePeer, unixPeer } from "./memory-connection.ts";
