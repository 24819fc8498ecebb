// An event on its way to many connections: encoded once, shared by all. Frames of bursts are put together from the same text.

import { encodeFrame } from "@switchboard/protocol";
import type { EncodedFrame, EventArgs } from "./event.ts";

const sample = encodeFrame({ namespace: "events", name: "event", id: null, args: { name: "", args: {} } });
const beforeEvent = sample.slice(0, sample.indexOf('{"name":""'));
const afterEvent = "}";
const [beforeBurst = "", afterBurst = ""] = encodeFrame({
  namespace: "events",
  name: "event_burst",
  id: null,
  args: { events: [] },
}).split(/(?<=\[)(?=\])/);

class SharedFrame implements EncodedFrame {
  readonly text: string;
  #bytes: Uint8Array | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get bytes(): Uint8Array {
    return (this.#bytes ??= Buffer.from(this.text, "utf8"));
  }
}

/** An `events/event` frame. @throws {ProtocolError} PROTOCOL_VALUE_INVALID for args that cannot be written. */
export function encodeEvent(name: string, args: EventArgs): EncodedFrame {
  return new SharedFrame(encodeFrame({ namespace: "events", name: "event", id: null, args: { name, args } }));
}

/** One `events/event_burst` frame with the events of several `events/event` frames. */
export function joinEvents(frames: readonly EncodedFrame[]): EncodedFrame {
  const events = frames.map(({ text }) => text.slice(beforeEvent.length, -afterEvent.length));
  return new SharedFrame(`${beforeBurst}${events.join(",")}${afterBurst}`);
}
