// What can be watched while messages travel. Nothing here changes how they do.

import type { MessageListener } from "./listener.ts";
import { type Id, Message } from "./message.ts";

/** Why nothing came of a message or a reply. */
export type DropReason =
  /** The group has no members. */
  | "no-members"
  /** The reply came after its sender had stopped waiting. */
  | "late"
  /** A response to an id that nobody waits for. */
  | "not-awaited";

/** Something that was dropped. */
export interface Drop {
  readonly reason: DropReason;
  /** The message, or the one that a dropped reply answers. */
  readonly id: Id;
}

/**
 * Called as messages travel; each is optional, and costs nothing when it is not given.
 *
 * They run inside the dispatch path: keep them short. What they throw goes to `onError`.
 */
export interface DispatcherHooks {
  /** The message was accepted for sending. */
  readonly sent?: ((message: Message) => void) | undefined;
  /** A listener is about to handle it. */
  readonly delivered?: ((message: Message, listener: MessageListener) => void) | undefined;
  /** The reply has come: what the sender gets. */
  readonly replied?: ((message: Message, reply: unknown) => void) | undefined;
  /** There will be no reply: what the sender, or `onError`, gets. */
  readonly failed?: ((message: Message, error: unknown) => void) | undefined;
  /** A message reached nobody, or a reply found nobody waiting. */
  readonly dropped?: ((drop: Drop) => void) | undefined;
}

/** A failure that no sender waits for. */
export interface Failure {
  readonly error: unknown;
  /** Undefined when a hook failed that was not about one. */
  readonly message: Message | undefined;
  /** The listener that failed; undefined when none was reached. */
  readonly listener?: MessageListener | undefined;
}

/** The same hooks, but what they throw goes to `onError`. */
export function guarded(hooks: DispatcherHooks, onError: (failure: Failure) => void): DispatcherHooks {
  const guard = <Args extends unknown[]>(hook: ((...args: Args) => void) | undefined) =>
    hook &&
    ((...args: Args): void => {
      try {
        hook.apply(hooks, args);
      } catch (error) {
        onError({ error, message: args[0] instanceof Message ? args[0] : undefined });
      }
    });
  return {
    sent: guard(hooks.sent),
    delivered: guard(hooks.delivered),
    replied: guard(hooks.replied),
    failed: guard(hooks.failed),
    dropped: guard(hooks.dropped),
  };
}
