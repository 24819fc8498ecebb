// A bare TCP or Unix client that speaks lines: for strangers, and for ends that stop half-way.

import { connect, type NetConnectOpts, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { AsyncQueue } from "@switchboard/testkit";
import { Handshake } from "../../src/socket/handshake.ts";

/** One connection. */
export class RawClient {
  readonly socket: Socket;
  /** What the other side says, line by line; ends with the connection. */
  readonly lines: AsyncQueue<string> = new AsyncQueue();
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;

  constructor(address: NetConnectOpts) {
    this.socket = connect(address);
    this.socket.on("error", () => undefined);
    const lines = createInterface({ input: this.socket });
    // It passes on what goes wrong with the socket.
    lines.on("error", () => undefined).on("line", (line) => this.lines.push(line));
    this.closed = new Promise((resolve) => {
      this.socket.on("close", () => {
        this.lines.end();
        resolve();
      });
    });
  }

  say(line: string): void {
    this.socket.write(`${line}\n`);
  }

  async line(): Promise<string | undefined> {
    const { value } = await this.lines.next();
    return value;
  }

  /** Proves to know the secret, and returns what the listener says to it. */
  async shakeHands(secret: string): Promise<string | undefined> {
    const handshake = new Handshake({ role: "connect", secret, binding: "" });
    this.say(handshake.next((await this.line()) ?? "").reply ?? "");
    return this.line();
  }
}
