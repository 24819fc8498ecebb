// Event types and event sources. A part of the server's error catalogue.

import { errno } from "@switchboard/protocol";
import type { ServerErrorEntry } from "./entry.ts";

/** One of these codes. */
export type EventErrorCode = "EVENT_NAME_INVALID" | "EVENT_TYPE_EXISTS" | "EVENT_SOURCE_EXISTS";

/** What the catalogue says of them. */
export const eventErrors: Readonly<Record<EventErrorCode, ServerErrorEntry>> = {
  EVENT_NAME_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "The name of an event type or event source is empty, too long or has other characters than allowed.",
    remedy: "Use letters, digits, dots and the characters that the message lists.",
  },
  EVENT_TYPE_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "An event type of that name is registered already.",
    remedy: "Use another name, or unregister the other one first.",
  },
  EVENT_SOURCE_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "An event source of that name is registered already.",
    remedy: "Use another name, or unregister the other one first.",
  },
};
