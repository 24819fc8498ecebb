// How frames leave a connection: those of all its channels that are written in one turn of the event loop go out together, with one system call.
// amqplib would send each through a stream of its channel, a multiplexer and a system call of its own, which is most of what a publish costs.
// What they say, and what comes in, stays amqplib's business.

import type { Socket } from "node:net";
import type { Channel, ChannelModel } from "amqplib";

// What amqplib's types leave out.
interface OpenChannel {
  readonly ch: number;
  readonly connection: { readonly channels: readonly { readonly buffer: { write(frame: Buffer): boolean } }[] };
}

const maxCopiedBytes = 65_536;

/** Sends the frames of one connection. */
export class FrameWriter {
  readonly #socket: Socket;
  #frames: Buffer[] = [];
  #bytes = 0;

  constructor(model: ChannelModel) {
    this.#socket = socketOf(model);
  }

  /** Sends what `channel` writes from now on. Call it when the channel is open and nothing was written to it besides. */
  takeOver(channel: Channel): void {
    const { ch, connection } = channel as unknown as OpenChannel;
    const stream = connection.channels[ch]?.buffer;
    // Closed again already.
    if (stream === undefined) return;
    stream.write = (frame) => {
      this.#add(frame);
      return true;
    };
  }

  #add(frame: Buffer): void {
    if (this.#frames.length === 0) setImmediate(() => this.#flush());
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  #flush(): void {
    const [frames, bytes, socket] = [this.#frames, this.#bytes, this.#socket];
    this.#frames = [];
    this.#bytes = 0;
    if (!socket.writable) return;
    // Small ones are copied in less time than the system takes to gather them.
    if (bytes <= maxCopiedBytes) socket.write(Buffer.concat(frames, bytes));
    else {
      socket.cork();
      for (const frame of frames) socket.write(frame);
      socket.uncork();
    }
  }
}

/** The socket of a connection. amqplib's types leave it out, and it never destroys one whose other end is silent. */
export function socketOf(model: ChannelModel): Socket {
  return (model.connection as unknown as { stream: Socket }).stream;
}
