// How an application answers: a reply to the sender, a reply to the group, or a message of its own accord.

import { MessageFormatError } from "../errors.ts";
import { type BuildOptions, type EnvelopeFields, endpointOf } from "./envelope.ts";
import { createUserMessage, type UserMessage, type UserMessageFields } from "./user-message.ts";
import type { SessionEvent } from "./values.ts";

// A reply has these from the message it answers. Vumi's list misses `provider` and `transport_name` through a slip of the pen.
const fixedInReplies = [
  "to_addr",
  "from_addr",
  "group",
  "in_reply_to",
  "provider",
  "transport_name",
  "transport_type",
  "transport_metadata",
] as const;

/** What may be said about a reply besides its content. */
export interface ReplyFields extends EnvelopeFields {
  readonly message_id?: string;
  /** Wins over `continueSession`. */
  readonly session_event?: SessionEvent | null;
  readonly to_addr_type?: string | null;
  readonly from_addr_type?: string | null;
}

/** How a reply differs from the ordinary one. */
export interface ReplyOptions extends BuildOptions {
  /** False: deliver this, then end the session. Default true. */
  readonly continueSession?: boolean;
  readonly fields?: ReplyFields;
}

/** What may be said about a message that is not a reply. */
export type SendFields = Omit<UserMessageFields, "to_addr" | "content" | "in_reply_to" | "from_addr" | keyof Unset> &
  Unset;

interface Unset {
  /** This, `transport_name` and `transport_type` default to null. */
  readonly from_addr?: string | null;
  readonly transport_name?: string | null;
  readonly transport_type?: string | null;
}

/** How a send differs from the ordinary one. */
export interface SendOptions extends BuildOptions {
  readonly fields?: SendFields;
}

type Answer = Pick<UserMessageFields, "to_addr" | "content"> & { readonly content: string | null };

/**
 * Builds the reply to the sender of `original`, also when `original` went to a group.
 *
 * Copied: group, provider, transport name, type and metadata, helper metadata (load balancers and tags rely on it) and the endpoint;
 * no other routing metadata. Nothing is shared with the original.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_FIXED for a field that the original decides, MESSAGE_FIELD_INVALID.
 */
export function createReply(original: UserMessage, content: string | null, options: ReplyOptions = {}): UserMessage {
  return buildReply(original, { to_addr: original.from_addr, content }, options);
}

/**
 * Builds the reply to the group that `original` came from, undirected; without a group the same as {@link createReply}.
 *
 * @throws {MessageFormatError} As {@link createReply}.
 */
export function createGroupReply(
  original: UserMessage,
  content: string | null,
  options: ReplyOptions = {},
): UserMessage {
  return buildReply(original, { to_addr: original.group === null ? original.from_addr : null, content }, options);
}

/**
 * Builds a message that answers none.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_FIXED when `in_reply_to` is given, MESSAGE_FIELD_INVALID.
 */
export function createSend(to_addr: string | null, content: string | null, options: SendOptions = {}): UserMessage {
  const fields = options.fields ?? {};
  refuse(["in_reply_to"], "a send answers no message", [fields, options.extra]);
  const unset = { from_addr: null, transport_name: null, transport_type: null };
  return createUserMessage({ ...unset, ...fields, to_addr, content }, options);
}

function buildReply(original: UserMessage, answer: Answer, options: ReplyOptions): UserMessage {
  const { fields, continueSession = true } = options;
  refuse(fixedInReplies, "a reply takes it from the message it answers", [fields, options.extra]);
  const { to_addr, content } = answer;
  const reply: UserMessageFields = {
    session_event: continueSession ? null : "close",
    helper_metadata: original.helper_metadata,
    routing_metadata: { endpoint_name: endpointOf(original) },
    to_addr,
    from_addr: original.to_addr,
    group: original.group,
    in_reply_to: original.message_id,
    provider: original.provider,
    transport_name: original.transport_name,
    transport_type: original.transport_type,
    transport_metadata: original.transport_metadata,
    content,
  };
  return createUserMessage(fields === undefined ? reply : { ...reply, ...fields, content }, options);
}

function refuse(names: readonly string[], reason: string, given: readonly (object | undefined)[]): void {
  // What nearly every reply is like.
  if (given.every((fields) => fields === undefined)) return;
  const field = names.find((name) => given.some((fields) => fields !== undefined && Object.hasOwn(fields, name)));
  if (field === undefined) return;
  throw new MessageFormatError("MESSAGE_FIELD_FIXED", `${field} cannot be given: ${reason}`, { details: { field } });
}
