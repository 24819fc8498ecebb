// How frames leave a connection: those of all its channels that are written in one turn of the event loop go out together, with one system call.
// amqplib would send each through a stream of its channel, a multiplexer and a system call of its own, which is most of what a publish costs.
// What they say, and what comes in, stays amqplib's business.

import type { Socket } from "node:net";
import type { ChannelModel } from "amqplib";

interface FrameStream {
  write(frame: Buffer): boolean;
}

// What amqplib's types leave out. Each new channel's stream is given to the multiplexer before anything is written to it.
interface Innards {
  readonly stream: Socket;
  readonly muxer: { pipeFrom(stream: FrameStream): void };
}

const maxCopiedBytes = 65_536;

/** Sends the frames of all channels of one connection in the order in which they are written. Channel 0 writes to the socket itself. */
export class FrameWriter {
  readonly #socket: Socket;
  #frames: Buffer[] = [];
  #bytes = 0;

  /** Takes over a connection that has just been made and has no channels. */
  static takeOver(model: ChannelModel): void {
    const { stream, muxer } = innardsOf(model);
    const writer = new FrameWriter(stream);
    muxer.pipeFrom = (channel) => writer.#pipeFrom(channel);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  #pipeFrom(stream: FrameStream): void {
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

/** The socket of a connection, which amqplib never destroys when its other end is silent. */
export function socketOf(model: ChannelModel): Socket {
  return innardsOf(model).stream;
}

function innardsOf({ connection }: ChannelModel): Innards {
  return connection as unknown as Innards;
}
