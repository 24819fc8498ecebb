// Logins and accounts. A part of the server's error catalogue.

import { errno } from "@switchboard/protocol";
import type { ServerErrorEntry } from "./entry.ts";

/** One of these codes. */
export type AuthErrorCode =
  "AUTH_REFUSED" | "AUTH_THROTTLED" | "AUTH_UNAVAILABLE" | "AUTH_USER_INVALID" | "AUTH_USER_UNKNOWN";

/** What the catalogue says of them. */
export const authErrors: Readonly<Record<AuthErrorCode, ServerErrorEntry>> = {
  AUTH_REFUSED: {
    errno: errno.EACCES,
    retryable: false,
    meaning: "The user name, password or token is wrong, or the user may not log in.",
    remedy: "Log in with valid credentials of a user who belongs to a group with access.",
  },
  AUTH_THROTTLED: {
    errno: errno.EAGAIN,
    retryable: true,
    meaning: "Too many logins failed, or too many are under way.",
    remedy: "Wait as long as the message says.",
  },
  AUTH_UNAVAILABLE: {
    errno: errno.EAGAIN,
    retryable: true,
    meaning:
      "Nobody new can log in, because the datastore that knows the users does not answer. Who is logged in stays so, and comes back by token.",
    remedy: "Try again later; mend the datastore if it lasts.",
  },
  AUTH_USER_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A user's name, password or groups are not allowed.",
    remedy: "Correct the part that the message names.",
  },
  AUTH_USER_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no user of that name.",
    remedy: "Create the user first, or correct the name.",
  },
};
