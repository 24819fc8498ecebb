// The frames that dispatchers exchange: compact arrays, described field by field in docs/kernel-link-protocol.md.
// Reading treats everything as hostile: a frame is exactly as described, or a LinkError.

import { LinkError } from "../errors.ts";
import { type Id, isId, type Message } from "../message.ts";
import { cutText, type FailureBody, failureBody, readFailure } from "./wire-errors.ts";

/** The version of the protocol. Dispatchers of different versions do not talk. */
const protocolVersion = 1;

/** The first field of each frame. */
export const kind = {
  hello: 0,
  refused: 1,
  ready: 2,
  process: 3,
  gone: 4,
  ids: 5,
  groups: 6,
  message: 7,
  reply: 8,
  failure: 9,
  returned: 10,
  release: 11,
} as const;

const responseRequired = 1;
const blocking = 2;
const toGroup = 4;

/** How many links a frame may cross. */
export const maxHops = 16;
const maxProcessIdLength = 128;
/** How much is announced in one frame. */
const maxIdsPerFrame = 500;
const maxCharsPerFrame = 16_384;

export type Frame = readonly unknown[];

/** A process id in a frame; 0 for the neighbour who gets the frame (in `to`) or who sends it (in `from`), as nearly always. */
export type ShortProcessId = string | 0;

/** The processes between which a frame has come: what 0 stands for. */
export interface Ends {
  readonly receiver: string;
  readonly sender: string;
}

export interface MessageFrame {
  readonly to: string | readonly string[];
  readonly from: string;
  readonly hops: number;
  readonly id: Id;
  readonly responseRequired: boolean;
  readonly blocking: boolean;
  readonly type: string;
  readonly destinationId: Id | undefined;
  readonly groupId: Id | undefined;
  readonly sourceId: Id | undefined;
  readonly content: unknown;
}

/** A reply, failure, returned or release frame: something about message `id` of process `to`. */
export interface AnswerFrame {
  readonly kind: number;
  readonly to: string;
  readonly from: string;
  readonly hops: number;
  readonly id: Id;
  /** What was replied. */
  readonly body: unknown;
  /** What went wrong, if anything did. */
  readonly error: FailureBody | undefined;
}

/** The recipients, and the ids of the message as they know them. */
export interface Addressing {
  readonly to: ShortProcessId | readonly string[];
  readonly address: Id | undefined;
  readonly sourceId: Id | undefined;
}

export function messageFrame(message: Message, { to, address, sourceId }: Addressing): Frame {
  const flags =
    (message.responseRequired ? responseRequired : 0) |
    (message.blocking ? blocking : 0) |
    (message.groupId === undefined ? 0 : toGroup);
  const source = sourceId ?? null;
  const { id, type, content } = message;
  return content === undefined
    ? [kind.message, to, 0, maxHops, id, flags, type, address, source]
    : [kind.message, to, 0, maxHops, id, flags, type, address, source, content];
}

export function readMessage(frame: Frame, ends: Ends): MessageFrame {
  const flags = frame[5];
  const type = frame[6];
  const address = frame[7];
  const source = frame[8];
  const id = frame[4];
  const hops = frame[3];
  if (frame.length > 10 || !isUpTo(7, flags) || typeof type !== "string" || !isUpTo(maxHops, hops)) {
    throw malformed("message");
  }
  if (!isId(id) || !isId(address) || (source !== null && !isId(source))) throw malformed("message");
  const group = (flags & toGroup) !== 0;
  return {
    to: group ? readRecipients(frame[1]) : readProcessId(frame[1], ends.receiver),
    from: readProcessId(frame[2], ends.sender),
    hops,
    id,
    responseRequired: (flags & responseRequired) !== 0,
    blocking: (flags & blocking) !== 0,
    type,
    destinationId: group ? undefined : address,
    groupId: group ? address : undefined,
    sourceId: source ?? undefined,
    content: frame[9],
  };
}

/** A message or answer frame one link further on. */
export function forwarded(
  frame: Frame,
  to: ShortProcessId | readonly string[],
  { from, hops }: { readonly from: string; readonly hops: number },
): Frame {
  const copy = [...frame];
  copy[1] = to;
  copy[2] = from;
  copy[3] = hops - 1;
  return copy;
}

export function replyFrame(to: ShortProcessId, id: Id, content: unknown): Frame {
  return content === undefined ? [kind.reply, to, 0, maxHops, id] : [kind.reply, to, 0, maxHops, id, content];
}

/** `from` is the process whose answer this is: not the sender if that one's answer could not be passed on. */
export function failureFrame(to: ShortProcessId, from: ShortProcessId, id: Id, error: unknown): Frame {
  return [kind.failure, to, from, maxHops, id, failureBody(error)];
}

/** The kernel itself could not deliver to process `from`: the sender gets an error of the same class. */
export function returnedFrame(to: ShortProcessId, from: ShortProcessId, id: Id, error: unknown): Frame {
  return [kind.returned, to, from, maxHops, id, failureBody(error)];
}

/** The sender of a blocking or group message waits no more. */
export function releaseFrame(to: ShortProcessId, id: Id): Frame {
  return [kind.release, to, 0, maxHops, id];
}

export function readAnswer(frame: Frame, ends: Ends): AnswerFrame {
  const which = frame[0] as number;
  const hops = frame[3];
  const id = frame[4];
  const body = frame[5];
  if (frame.length > 6 || !isUpTo(maxHops, hops) || !isId(id)) throw malformed("answer");
  const to = readProcessId(frame[1], ends.receiver);
  const from = readProcessId(frame[2], ends.sender);
  // Checked also where it is only passed on, so that nobody can be made to break a third process's link.
  const error = which === kind.failure || which === kind.returned ? readFailure(body) : undefined;
  return { kind: which, to, from, hops, id, body, error };
}

function readProcessId(value: unknown, neighbour: string): string {
  if (value === 0) return neighbour;
  if (isProcessId(value)) return value;
  throw malformed("message");
}

function readRecipients(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.length > 0 && value.every(isProcessId)) return value;
  throw malformed("message");
}

export function helloFrame(processId: string): Frame {
  return [kind.hello, "switchboard", protocolVersion, processId];
}

/** Returns the neighbour's process id. */
export function readHello(frame: Frame): string {
  if (frame[0] !== kind.hello || frame[1] !== "switchboard") {
    throw new LinkError("LINK_PROTOCOL", "expected a hello frame first; is the other side a Switchboard dispatcher?");
  }
  const [, , version, processId] = frame;
  if (version !== protocolVersion) {
    const got = typeof version === "number" ? String(version) : typeof version;
    throw new LinkError("LINK_PROTOCOL", `expected protocol version ${protocolVersion}, the other side has ${got}`);
  }
  if (!isProcessId(processId)) throw malformed("hello");
  return processId;
}

export function readProcess(frame: Frame): { processId: string; distance: number } {
  const [, processId, distance] = frame;
  if (frame.length !== 3 || !isProcessId(processId) || !isUpTo(maxHops, distance)) throw malformed("process");
  return { processId, distance };
}

export function readGone(frame: Frame): string {
  const [, processId] = frame;
  if (frame.length !== 2 || !isProcessId(processId)) throw malformed("gone");
  return processId;
}

/** Frames that say which ids or groups of a process have come or gone, in small portions and as they are at the moment of asking. */
export function* announcementFrames(
  what: "ids" | "groups",
  processId: string,
  ids: Iterable<Id>,
  present: boolean,
): Generator<Frame> {
  const frame = (portion: Id[]): Frame => [kind[what], processId, present ? portion : [], present ? [] : portion];
  let portion: Id[] = [];
  let chars = 0;
  for (const id of ids) {
    portion.push(id);
    chars += String(id).length;
    if (portion.length < maxIdsPerFrame && chars < maxCharsPerFrame) continue;
    yield frame(portion);
    portion = [];
    chars = 0;
  }
  if (portion.length > 0) yield frame(portion);
}

/** An ids or groups frame: what has come and what has gone. */
export function readAnnouncement(frame: Frame): { processId: string; come: readonly Id[]; gone: readonly Id[] } {
  const [, processId, come, gone] = frame;
  if (frame.length !== 4 || !isProcessId(processId) || !isIdList(come) || !isIdList(gone)) {
    throw malformed("announcement");
  }
  return { processId, come, gone };
}

/** The error for a refused frame. */
export function refusal(frame: Frame): LinkError {
  return new LinkError("LINK_PROTOCOL", `the other side refused: ${cutText(frame[1])}`);
}

export function malformed(name: string): LinkError {
  return new LinkError("LINK_PROTOCOL", `a ${name} frame is not as the protocol says`);
}

/** Whether `value` may name a process: a string of 1 to 128 characters. */
export function isProcessId(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= maxProcessIdLength;
}

function isUpTo(max: number, value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max;
}

function isIdList(value: unknown): value is readonly Id[] {
  return Array.isArray(value) && value.every(isId);
}
