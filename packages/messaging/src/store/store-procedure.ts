// What the database's own thread does for the message store: makes the statements for what is handed over, so that the thread in which messages are
// handled has only to hand it over. The two ends are of one version, in one process.

import type { Procedure } from "@switchboard/storage";
import type { TransportEvent } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import { BlockMarks } from "./block-marks.ts";
import { type BatchChoice, type EventItem, type MessageItem, MessageWriter } from "./message-writer.ts";
import type { PackedTrail } from "./packed-trail.ts";
import type { StoredDirection } from "./rows.ts";
import { TrailWriter } from "./trail-writer.ts";

/** What is handed over. */
export type StoreInput = GroupInput | TrailInput;

/** Messages and events to be stored together, each as its JSON. */
export interface GroupInput {
  readonly messages: readonly (readonly [direction: StoredDirection, json: string, into: BatchChoice])[];
  readonly events: readonly (readonly [json: string, batchIds: readonly string[] | undefined])[];
  /** Microseconds since 1970, unlike that of any other group. */
  readonly nowUs: number;
}

/** Steps of trails. */
export interface TrailInput {
  readonly trail: PackedTrail;
  /** False: they wait for those that come next. */
  readonly isDue: boolean;
}

/** Makes the statements. */
export const procedure: Procedure<StoreInput> = (dialect) => {
  const marks = new BlockMarks(dialect);
  const writer = new MessageWriter(dialect, marks);
  const trail = new TrailWriter(dialect, marks);
  return (input) => {
    if ("trail" in input) {
      trail.take(input.trail);
      return input.isDue ? trail.statements() : [];
    }
    const { messages, events, nowUs } = input;
    return writer.statements({ messages: messages.map(messageItem), events: events.map(eventItem), nowUs });
  };
};

function messageItem([direction, json, into]: GroupInput["messages"][number]): MessageItem {
  return { direction, message: JSON.parse(json) as UserMessage, json, into };
}

function eventItem([json, batchIds]: GroupInput["events"][number]): EventItem {
  return { message: JSON.parse(json) as TransportEvent, json, batchIds };
}
