// Turns what was published in one turn of the event loop into segments: by lane, with numbers, and none too large.

import type { Insert } from "./batch.ts";
import { contentBytes } from "./codec.ts";
import type { Lane } from "./lane.ts";
import type { Message } from "./message.ts";
import { Segment } from "./segment.ts";

const maxSegmentMessages = 256;
const maxSegmentBytes = 262_144;

/** New messages that are stored together. */
export interface Part extends Insert {
  readonly segment: Segment;
}

/** The new messages of one lane in one batch. */
export interface Group {
  readonly lane: Lane;
  readonly messages: readonly Message[];
  /** The number of the first one; the others follow. */
  readonly first: number;
  readonly parts: readonly Part[];
}

/** What was published by one call. */
interface Published {
  readonly messages: readonly Message[];
}

/** Groups messages by lane, in order of their first ones, and gives them numbers from `seq` on. */
export function cut(published: readonly Published[], seq: number, generation: number): Group[] {
  const byLane = new Map<Lane, Message[]>();
  for (const { messages } of published) {
    for (const message of messages) {
      const group = byLane.get(message.lane);
      if (group === undefined) byLane.set(message.lane, [message]);
      else group.push(message);
    }
  }
  let first = seq;
  return [...byLane].map(([lane, messages]) => {
    const group = { lane, messages, first, parts: cutGroup(lane, messages, first, generation) };
    first += messages.length;
    return group;
  });
}

function cutGroup(lane: Lane, messages: readonly Message[], first: number, generation: number): Part[] {
  const parts: Part[] = [];
  let start = 0;
  let bytes = 0;
  const finish = (end: number): void => {
    const part = messages.slice(start, end);
    const segment = new Segment(first + start, part.length);
    for (let index = 0; index < part.length; index++) part[index]?.store(segment, index, generation);
    parts.push({ segment, lane: lane.id, seq: segment.seq, bytes, messages: part });
    start = end;
    bytes = 0;
  };
  let index = 0;
  for (const message of messages) {
    const size = contentBytes(message);
    const isFull = index - start >= maxSegmentMessages || bytes + size > maxSegmentBytes;
    if (isFull && index > start) finish(index);
    bytes += size;
    index++;
  }
  finish(messages.length);
  return parts;
}
