// Two processes that are joined by a link, for tests of what crosses it.

import type { Id } from "@switchboard/core";
import { type Kit, kit } from "./kit.ts";
import { linkPair, type TestLink } from "./link-pair.ts";

/** Both processes, and the ends of their link. */
export interface Joined {
  readonly a: Kit;
  readonly b: Kit;
  readonly near: TestLink;
  readonly far: TestLink;
}

/** Processes A and B, joined. `prepare` runs before they are. */
export async function joined(prepare: (b: Kit) => void = () => undefined, maxQueued = 10_000): Promise<Joined> {
  const [a, b] = [kit({ processId: "A", maxQueued }), kit({ processId: "B" })];
  prepare(b);
  const [near, far] = linkPair();
  await Promise.all([a.dispatcher.join(near), b.dispatcher.join(far)]);
  return { a, b, near, far };
}

/** Sends a message whose answer is waited for. */
export function ask(to: Kit, destinationId: Id, more: object = {}): Promise<unknown> {
  return to.dispatcher.send({ destinationId, responseRequired: true, ...more });
}
