// One connected stream socket from its handshake to its end: lines in, batches out, a heartbeat, and limits on everything.
// TCP and Unix links are made of it; connecting again and accepting are their business.
//
// After the handshake each line is one JSON value: an array is a batch of frames, "ping" asks for a sign of life, "pong" is one.

import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { LinkError, type LinkFrame, type SwitchboardError, type Timer } from "@switchboard/core";
import { decode, excerpt } from "../codec.ts";
import { asSwitchboardError, closedHere } from "../link-errors.ts";
import { maxBatchBytes, Outbox } from "../outbox.ts";
import type { ResolvedSocketOptions } from "../options.ts";
import { Handshake, maxHandshakeLineBytes, refusal, type Role } from "./handshake.ts";
import { LineReader } from "./line-reader.ts";

/** What a session tells its link. */
export interface SessionHandlers {
  /** Both ends have proved that they know the secret. */
  opened(): void;
  /** Frames have come. What this throws ends the session. */
  received(frames: readonly LinkFrame[]): void;
  /** There is room again. */
  drained(): void;
  /** It is over. Called once, also when it never opened. */
  ended(error: SwitchboardError): void;
}

export interface SessionOptions extends ResolvedSocketOptions {
  readonly socket: Socket;
  readonly role: Role;
  readonly secret: string;
  readonly handlers: SessionHandlers;
}

const rateWindowMs = 1000;

/** Talks to the other end of one socket. */
export class SocketSession {
  readonly #options: SessionOptions;
  readonly #socket: Socket;
  readonly #reader: LineReader;
  readonly #outbox: Outbox<string>;
  #handshake: Handshake | undefined;
  #state: "handshake" | "open" | "ended" = "handshake";
  #blocked = false;
  #heard = false;
  #socketError: Error | undefined;
  #deadline: Timer;
  #rateWindow: Timer | undefined;
  #framesInWindow = 0;

  constructor(options: SessionOptions) {
    const { socket, role, clock, handshakeTimeoutMs, handlers } = options;
    this.#options = options;
    this.#socket = socket;
    this.#reader = new LineReader({ maxLineBytes: maxHandshakeLineBytes, onLine: (line) => this.#onLine(line) });
    this.#outbox = new Outbox({
      ...options,
      sink: {
        pack: (frames) => JSON.stringify(frames),
        write: (batch) => this.#write(batch),
        heldBytes: () => socket.writableLength,
      },
      onDrained: () => handlers.drained(),
      onFailed: (error) => this.fail(error),
    });
    this.#deadline = clock.setTimer(() => {
      this.fail(new LinkError("LINK_LOST", `no handshake within ${handshakeTimeoutMs} ms`));
    }, handshakeTimeoutMs);
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#onData(chunk));
    socket.on("error", (error) => (this.#socketError = error));
    socket.on("end", () => this.#onEnd());
    socket.on("close", () => this.#onEnd());
    if (role === "accept") this.#say(this.#startHandshake().opening);
  }

  /** Queues one frame. Returns false when the other side is slow. @throws {LinkError} LINK_FRAME_INVALID. */
  send(frame: LinkFrame): boolean {
    return this.#outbox.push(frame);
  }

  /** Reads nothing until {@link resume}. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Ends at once; what waits is lost. */
  fail(error: SwitchboardError): void {
    if (this.#state === "ended") return;
    this.#socket.destroy();
    this.#end(error);
  }

  /** Ends after everything sent so far was handed over; resolves when the socket is closed. */
  async close(): Promise<void> {
    const socket = this.#socket;
    if (this.#state !== "open") this.fail(closedHere());
    else {
      this.#writeAll();
      // The other side's last words are read and dropped: unread, they would make the system discard ours as well.
      socket.end().resume();
      this.#destroyLate();
      this.#end(closedHere());
    }
    if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
  }

  #onData(chunk: Buffer): void {
    this.#heard = true;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#refuse(asSwitchboardError(error));
    }
  }

  /** Ends because of what came, after telling the other side why: the listener in its handshake, the peer in a frame just sent. */
  #refuse(error: SwitchboardError): void {
    if (this.#state === "ended") return;
    if (this.#state === "handshake" && this.#options.role === "accept") this.#say(refusal(error));
    this.#writeAll();
    this.#socket.destroySoon();
    this.#destroyLate();
    this.#end(error);
  }

  #onLine(line: string): void {
    if (this.#state === "handshake") {
      this.#onHandshake(line);
      return;
    }
    const value = decode(line);
    if (Array.isArray(value)) {
      this.#limitRate(value.length);
      this.#options.handlers.received(value);
    } else if (value === "ping") {
      // A side that does not read what waits already needs no further sign of life.
      if (this.#socket.writableLength === 0) this.#say('"pong"');
    } else if (value !== "pong") {
      throw new LinkError("LINK_PROTOCOL", `expected an array of frames, got ${excerpt(line)}`);
    }
  }

  #startHandshake(): Handshake {
    const { role, secret } = this.#options;
    this.#handshake = new Handshake({ role, secret, binding: channelBinding(this.#socket) });
    return this.#handshake;
  }

  #onHandshake(line: string): void {
    const { reply, done } = (this.#handshake ?? this.#startHandshake()).next(line);
    this.#say(reply);
    if (!done) return;
    const { maxFrameBytes, handlers } = this.#options;
    this.#state = "open";
    this.#handshake = undefined;
    this.#reader.maxLineBytes = maxBatchBytes(maxFrameBytes);
    this.#deadline.cancel();
    this.#listenForHeartbeat(false);
    handlers.opened();
  }

  #listenForHeartbeat(asked: boolean): void {
    const { clock, heartbeatMs } = this.#options;
    this.#heard = false;
    this.#deadline = clock.setTimer(() => {
      // When this process itself was held up, the sign of life may lie unread; so look once more after reading.
      setImmediate(() => this.#checkHeartbeat(asked));
    }, heartbeatMs);
  }

  #checkHeartbeat(asked: boolean): void {
    if (this.#state !== "open") return;
    if (this.#heard) this.#listenForHeartbeat(false);
    else if (asked) {
      this.fail(new LinkError("LINK_LOST", `no sign of life for ${2 * this.#options.heartbeatMs} ms`));
    } else {
      if (this.#socket.writableLength === 0) this.#say('"ping"');
      this.#listenForHeartbeat(true);
    }
  }

  #limitRate(frames: number): void {
    const { maxFramesPerSecond, clock } = this.#options;
    if (maxFramesPerSecond === Infinity) return;
    this.#framesInWindow += frames;
    this.#rateWindow ??= clock.setTimer(() => {
      this.#rateWindow = undefined;
      this.#framesInWindow = 0;
      this.resume();
    }, rateWindowMs);
    if (this.#framesInWindow >= maxFramesPerSecond) this.pause();
  }

  #write(batch: string): boolean {
    this.#socket.write(`${batch}\n`, this.#written);
    this.#blocked = this.#socket.writableLength > 0;
    return !this.#blocked;
  }

  readonly #written = (): void => {
    if (!this.#blocked || this.#socket.writableLength > 0) return;
    this.#blocked = false;
    this.#outbox.resume();
  };

  #writeAll(): void {
    for (const batch of this.#outbox.takeAll()) this.#socket.write(`${batch}\n`);
  }

  /** Sees to it that a socket whose other side reads nothing is closed all the same. */
  #destroyLate(): void {
    const { clock, closeTimeoutMs } = this.#options;
    const timer = clock.setTimer(() => this.#socket.destroy(), closeTimeoutMs);
    this.#socket.once("close", () => timer.cancel());
  }

  #say(line: string | undefined): void {
    if (line !== undefined) this.#socket.write(`${line}\n`);
  }

  #onEnd(): void {
    const where = this.#reader.hasPartialLine ? " in the middle of a frame" : "";
    const how = this.#socketError === undefined ? "the other side closed it" : this.#socketError.message;
    this.fail(new LinkError("LINK_LOST", `connection lost${where}: ${how}`, { cause: this.#socketError }));
  }

  #end(error: SwitchboardError): void {
    this.#state = "ended";
    this.#deadline.cancel();
    this.#rateWindow?.cancel();
    this.#reader.stop();
    this.#outbox.stop();
    this.#options.handlers.ended(error);
  }
}

function channelBinding(socket: Socket): string {
  if (!(socket instanceof TLSSocket)) return "";
  return socket.exportKeyingMaterial(32, "EXPORTER-switchboard-link", Buffer.alloc(0)).toString("base64url");
}
