// What can be watched while messages travel, and where failures go that no sender waits for. Nothing here changes how messages travel.

import { describeListener, type MessageListener } from "./listener.ts";
import { describe, type Id, type Message } from "./message.ts";

/** Why nothing came of a message or a reply: `no-members` the group is empty, `late` the sender has stopped waiting, `not-awaited` nobody waits for that id. */
export type DropReason = "no-members" | "late" | "not-awaited";

/** Something that was dropped: a message, or a reply to the message with this id. */
export interface Drop {
  readonly reason: DropReason;
  readonly id: Id;
}

/**
 * Called as messages travel; each is optional, and costs nothing when it is not given.
 *
 * They run inside the dispatch path: keep them short. What they throw goes to `onError`.
 */
export interface DispatcherHooks {
  /** The message was given to `send` or `sendSync`, and is valid. */
  readonly sent?: ((message: Message) => void) | undefined;
  /** A listener is about to handle it. */
  readonly delivered?: ((message: Message, listener: MessageListener) => void) | undefined;
  /** The reply has come: what the sender gets. */
  readonly replied?: ((message: Message, reply: unknown) => void) | undefined;
  /** What a sender gets instead of a reply. */
  readonly failed?: ((message: Message, error: unknown) => void) | undefined;
  /** A message reached nobody, or a reply found nobody waiting. */
  readonly dropped?: ((drop: Drop) => void) | undefined;
}

/** A failure that no sender waits for. */
export interface Failure {
  readonly error: unknown;
  /** Undefined when a hook failed that is not about a message. */
  readonly message: Message | undefined;
  /** The listener that failed; undefined when none was reached. */
  readonly listener: MessageListener | undefined;
}

export class Observer {
  /** Undefined when nobody watches, so that one look tells. */
  readonly hooks: DispatcherHooks | undefined;
  /** Replies so far that nobody waited for. */
  droppedReplies = 0;
  readonly #onError: (failure: Failure) => void;

  constructor(hooks: DispatcherHooks | undefined, onError: (failure: Failure) => void = writeToConsole) {
    this.#onError = onError;
    this.hooks = hooks && this.#guarded(hooks);
  }

  /** Passes on a failure that no sender waits for. */
  report(error: unknown, message: Message | undefined, listener?: MessageListener): void {
    const failure: Failure = { error, message, listener };
    try {
      this.#onError(failure);
    } catch (onErrorsOwn) {
      writeToConsole(failure);
      writeToConsole({ ...failure, error: onErrorsOwn });
    }
  }

  drop(reason: DropReason, id: Id): void {
    if (reason !== "no-members") this.droppedReplies++;
    this.hooks?.dropped?.({ reason, id });
  }

  #guarded(hooks: DispatcherHooks): DispatcherHooks {
    const guard = <Args extends unknown[]>(
      hook: ((...args: Args) => void) | undefined,
      message: (...args: Args) => Message | undefined,
    ) =>
      hook &&
      ((...args: Args): void => {
        try {
          hook.apply(hooks, args);
        } catch (error) {
          this.report(error, message(...args));
        }
      });
    return {
      sent: guard(hooks.sent, (message) => message),
      delivered: guard(hooks.delivered, (message) => message),
      replied: guard(hooks.replied, (message) => message),
      failed: guard(hooks.failed, (message) => message),
      dropped: guard(hooks.dropped, () => undefined),
    };
  }
}

function writeToConsole({ error, message, listener }: Failure): void {
  const what = message === undefined ? "a hook" : describe(message);
  const where = listener === undefined ? "" : ` in ${describeListener(listener)}`;
  console.error(`switchboard: ${what} failed${where}:`, error);
}
