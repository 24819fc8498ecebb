// What can receive messages. `BasicMessageListener` is the ready-made one; anything with these two methods will do.

import type { Id, Message } from "./message.ts";

/** Receives messages from a dispatcher, as a destination with an id of its own, as a member of groups, or both. */
export interface MessageListener {
  /** Its address. Assigned by `register` when it has none. */
  id?: Id | undefined;
  /**
   * Handles a message sent by `sendSync` and returns the reply, at once: returning a promise is an error for the sender.
   * What it throws reaches the sender unchanged.
   */
  handleMessageSync(message: Message): unknown;
  /**
   * Handles a message sent by `send` and returns the reply, a promise of it, or {@link DEFERRED}.
   * What it throws reaches a sender that waits, else the dispatcher's `onError`.
   */
  handleMessage(message: Message): unknown;
}

/** Returned by a listener that will answer later: by `respond`, or by sending a response with the message's id. */
export const DEFERRED: unique symbol = Symbol.for("switchboard.deferred");

/** `listener "greeter"`, `listener 7` or `listener without id`: for error texts. */
export function describeListener(listener: MessageListener): string {
  if (listener.id === undefined) return "listener without id";
  return typeof listener.id === "string" ? `listener "${listener.id}"` : `listener ${listener.id}`;
}
