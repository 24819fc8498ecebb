// One message on its way to one destination or group, and who wants to hear how it went.
// A plain record: `channel.ts` lets it wait, `pending-replies.ts` lets it time out, the dispatcher starts and finishes it.

import type { Group, GroupRound } from "./group.ts";
import type { Id, Message } from "./message.ts";
import type { RemoteProcess } from "./links/directory.ts";
import type { Destination } from "./registry.ts";
import { TimerEntry } from "./timer-wheel.ts";

/** Where a reply goes when the sender is in another process: the process and the id that the message has there. */
export interface Origin {
  readonly processId: string;
  readonly id: Id;
}

/** Told when a delivery's time is up. */
export interface WaitingRoom {
  timedOut(delivery: Delivery): void;
}

export class Delivery extends TimerEntry {
  readonly message: Message;
  /** Set when the message came over a link. */
  readonly origin: Origin | undefined;
  /** Where it waits for its turn; undefined when it goes straight to another process. */
  channel: Destination | Group | undefined = undefined;
  /** The other process whose reply is awaited. */
  process: RemoteProcess | undefined = undefined;
  /** The members of the group that still have to answer. */
  round: GroupRound | undefined = undefined;
  /** The promise of a sender in this process that waits: for the reply, or for room in the queue. */
  resolve: ((value: unknown) => void) | undefined = undefined;
  reject: ((error: unknown) => void) | undefined = undefined;
  /** What the sender may abort it with. */
  signal: AbortSignal | undefined = undefined;
  /** Where it is listed while its sender waits. */
  waitsIn: WaitingRoom | undefined = undefined;
  /** Once true, whatever else arrives is late. */
  settled = false;

  constructor(message: Message, origin?: Origin) {
    super();
    this.message = message;
    this.origin = origin;
  }

  expire(): void {
    this.waitsIn?.timedOut(this);
  }
}
