// What the tests of the client share.

import { TestClock } from "@switchboard/core/testing";
import { type Client, type ClientOptions, connect } from "../src/index.ts";
import { MemoryPeer, type MemoryPeerOptions } from "../src/testing/index.ts";

/** A client and all that it depends on. */
export interface Setup {
  readonly client: Client;
  readonly peer: MemoryPeer;
  readonly clock: TestClock;
  readonly errors: unknown[];
}

const clients: Client[] = [];

/** Who logs in unless a test says otherwise. */
export const login = { username: "ada", password: "secret" };

/** A client of a server in memory, on a clock under control. */
export async function setup(peerOptions: MemoryPeerOptions = {}, options: ClientOptions = {}): Promise<Setup> {
  const peer = new MemoryPeer(peerOptions);
  const clock = new TestClock();
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const client = await connect({ openSocket: peer.openSocket, login, clock, random: () => 0, onError, ...options });
  clients.push(client);
  return { client, peer, clock, errors };
}

/** Closes the clients that {@link setup} made. */
export async function closeAll(): Promise<void> {
  await Promise.all(clients.splice(0).map((client) => client.close()));
}

/** Lets everything that is under way in memory arrive. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("was expected to reject");
}

/** All that there is to read. */
export async function all(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const list: unknown[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** The frames that a peer received, calls by their methods. */
export function names(peer: MemoryPeer): string[] {
  return peer.received.map((frame) => (frame.name === "call" ? frame.args.method : frame.name));
}
