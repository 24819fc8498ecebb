// What more than one kind of link says when it goes wrong.

import { LinkError, SwitchboardError } from "@switchboard/core";

/** The end of a link that its owner closed. */
export function closedHere(): LinkError {
  return new LinkError("LINK_CLOSED", "the link was closed on this side");
}

/** What a peer threw over a frame, as an error with a code. */
export function asSwitchboardError(error: unknown): SwitchboardError {
  if (error instanceof SwitchboardError) return error;
  return new LinkError("LINK_PROTOCOL", "a frame could not be handled", { cause: error });
}
