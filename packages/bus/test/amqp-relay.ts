// A relay between a bus and its broker, for one moment of a broker that is stopped: it closes every connection, whatever it has just answered
// there, and a client that is busy reads the answer and the end in one go. Speaks just enough AMQP for that.

import { type AddressInfo, type Server, connect, createServer } from "node:net";

/** Class and method of the broker's answers (AMQP 0-9-1 §1.3). */
export const answers = {
  "connection.open-ok": [10, 41],
  "channel.open-ok": [20, 11],
  "exchange.declare-ok": [40, 11],
  "queue.declare-ok": [50, 11],
  "basic.qos-ok": [60, 11],
  "basic.consume-ok": [60, 21],
  "confirm.select-ok": [85, 11],
  "channel.close-ok": [20, 41],
} as const;

// Connection.Close, 320, with neither text nor a method to blame.
const close = Buffer.from([1, 0, 0, 0, 0, 0, 11, 0, 10, 0, 50, 320 >> 8, 320 & 0xff, 0, 0, 0, 0, 0, 0xce]);

/** Passes on what broker and clients say, until it is told which answer is to be the last on its connection. */
export class Relay {
  /** The next one of this kind is, or would have been: the end comes before it. */
  last: readonly [classId: number, methodId: number] | undefined;
  isAnswered = true;
  readonly #server: Server;

  /** Starts one on a free port of its own. */
  static async start(targetPort: number): Promise<Relay> {
    const relay = new Relay(targetPort);
    await new Promise<void>((resolve) => relay.#server.listen(0, "127.0.0.1", resolve));
    return relay;
  }

  private constructor(targetPort: number) {
    this.#server = createServer({ noDelay: true }, (client) => {
      const target = connect({ host: "127.0.0.1", port: targetPort, noDelay: true });
      client.on("error", () => target.destroy()).on("close", () => target.destroy());
      target.on("error", () => client.destroy()).on("close", () => client.end());
      client.on("data", (bytes) => void target.write(bytes));
      let unread = Buffer.alloc(0);
      target.on("data", (bytes: Buffer) => {
        unread = Buffer.concat([unread, bytes]);
        let read = 0;
        for (let end = frameEnd(unread, read); end !== undefined; end = frameEnd(unread, read)) {
          const start = read;
          const isLast = this.#isLast(unread.subarray(start, end));
          read = end;
          if (!isLast) continue;
          client.write(Buffer.concat([unread.subarray(0, this.isAnswered ? end : start), close]));
          target.destroy();
          return;
        }
        if (read > 0) client.write(unread.subarray(0, read));
        unread = unread.subarray(read);
      });
    });
  }

  /** For the bus. */
  get url(): string {
    return `amqp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }

  #isLast(frame: Buffer): boolean {
    const { last } = this;
    if (last === undefined || frame[0] !== 1) return false;
    const isIt = frame.readUInt16BE(7) === last[0] && frame.readUInt16BE(9) === last[1];
    if (isIt) this.last = undefined;
    return isIt;
  }
}

/** Where the frame ends that begins at `start`: seven bytes of header with the size, the payload, and one byte (AMQP 0-9-1 §2.3.5). */
function frameEnd(bytes: Buffer, start: number): number | undefined {
  if (bytes.length < start + 7) return undefined;
  const end = start + 7 + bytes.readUInt32BE(start + 3) + 1;
  return bytes.length < end ? undefined : end;
}
