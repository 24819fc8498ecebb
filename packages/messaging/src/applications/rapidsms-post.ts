// What RapidSMS posts: one text for one or more addresses.

import { isJsonObject } from "../message/json.ts";

/** A post, checked. */
export interface RapidSmsPost {
  readonly content: string;
  readonly to_addr: readonly string[];
  /** The id of a message that a person has sent. */
  readonly in_reply_to: string | null;
  readonly endpoint: string;
}

/** A post that asks for what it may not have: the caller's mistake, which is answered with 400. */
export class Refused extends Error {
  override name = "Refused";
}

/**
 * Reads a post.
 *
 * @throws {Refused} when `to_addr` is no list; a `TypeError` for anything else that is wrong, which Vumi answers with 500 and so do we.
 */
export function readPost(body: Uint8Array): RapidSmsPost {
  const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  if (!isJsonObject(value)) throw new TypeError("expected a JSON object");
  const { content, to_addr, in_reply_to = null, endpoint = null } = value;
  if (to_addr === undefined) throw new TypeError("to_addr: expected a list, but the field is missing");
  if (!Array.isArray(to_addr) || !to_addr.every((one) => typeof one === "string")) {
    throw new Refused("to_addr: expected a list of texts");
  }
  if (typeof content !== "string") throw new TypeError("content: expected text");
  if (in_reply_to !== null && typeof in_reply_to !== "string") throw new TypeError("in_reply_to: expected text");
  if (endpoint !== null && typeof endpoint !== "string") throw new TypeError("endpoint: expected text");
  return { content, to_addr, in_reply_to, endpoint: endpoint ?? "default" };
}
