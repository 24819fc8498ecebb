// The Unix socket: frames on a byte stream, for programs of this machine. Who may open the socket's file is trusted without a password.

import { chmod, chown, lstat, mkdtemp, rename, rm } from "node:fs/promises";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import type { Logger } from "@switchboard/core";
import { frameBytes, FramingDecoder } from "@switchboard/protocol";
import { ServerError } from "../errors.ts";
import type { Connection } from "./connection.ts";
import { corkBriefly } from "./cork.ts";
import { SocketSet } from "./socket-set.ts";
import type { Peer, Wire } from "./wire.ts";

/** How the Unix socket is opened. */
export interface UnixEndpointOptions {
  /** Where the socket's file is. A stale one is replaced. */
  readonly path: string;
  /** Permissions of the file, default 0o775: connecting needs write permission, so its owner and its group may. */
  readonly mode?: number;
  /** Group of the file, by number. Default: the server's. */
  readonly gid?: number | undefined;
  /** Longest frame. */
  readonly maxFrameBytes: number;
  readonly logger: Logger;
  /** Makes the connection behind a socket. Throws when there are too many. */
  readonly create: (wire: Wire, peer: Peer) => Connection;
}

/** An open Unix socket. */
export interface UnixEndpoint {
  /** Stops listening and removes the file. */
  stop(): Promise<void>;
  /** Resolves when there is no connection (any more). */
  drained(): Promise<void>;
  /** Cuts every connection. */
  close(): void;
}

const othersMayWrite = 0o002;
const stallMs = 30_000;

/**
 * Opens the socket.
 *
 * The file is made in a folder that nobody else can enter, and moved to its place when its permissions are right.
 *
 * @throws {ServerError} CONNECTION_ADDRESS_TAKEN when another server listens there, or something that is no socket is in the way.
 */
export async function openUnixEndpoint(options: UnixEndpointOptions): Promise<UnixEndpoint> {
  const { path, mode = 0o775, gid } = options;
  await refuseWhenTaken(path);
  const sockets = new SocketSet();
  // A peer's identity cannot be asked for here, so the file's permissions have to vouch for it.
  const peer: Peer = { host: "unix", port: 0, isLocal: true, isTrusted: (mode & othersMayWrite) === 0 };
  const server = createServer((socket) => accept(socket, peer, options, sockets));
  const folder = await mkdtemp(join(dirname(path), ".sock-"));
  try {
    const hidden = join(folder, "s");
    await listenOn(server, hidden);
    if (gid !== undefined) await chown(hidden, process.getuid?.() ?? -1, gid);
    await chmod(hidden, mode);
    await rename(hidden, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const made = await lstat(path);
  return {
    stop: async () => {
      server.close();
      const found = await lstat(path).catch(() => undefined);
      // Another server may have put its own there.
      if (found?.ino === made.ino) await rm(path, { force: true });
    },
    drained: () => sockets.drained(),
    close: () => sockets.destroy(),
  };
}

function accept(socket: Socket, peer: Peer, options: UnixEndpointOptions, sockets: SocketSet): void {
  const { create, logger, maxFrameBytes } = options;
  sockets.add(socket);
  socket.on("error", () => undefined);
  let connection: Connection;
  try {
    connection = create(new StreamWire(socket), peer);
  } catch (error) {
    logger.warn({ err: error }, "a connection was refused");
    socket.destroy();
    return;
  }
  const decoder = new FramingDecoder({ maxPayloadBytes: maxFrameBytes });
  socket.on("data", (chunk) => {
    try {
      for (const text of decoder.push(chunk)) connection.receive(text);
    } catch (error) {
      logger.warn({ err: error }, "a connection on the Unix socket was closed: its framing is wrong");
      socket.destroy();
    }
    if (decoder.pendingBytes > connection.maxFrameBytes) socket.destroy();
  });
  socket.on("drain", () => connection.drained());
  socket.on("close", () => connection.wireClosed());
}

/** A stream socket as a Wire. */
class StreamWire implements Wire {
  readonly hasCloseCodes = false;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    // No progress while something waits to be sent: the peer is dead.
    socket.setTimeout(stallMs, () => {
      if (socket.writableLength > 0) socket.destroy();
    });
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  send(frame: string | Uint8Array): void {
    if (!this.#socket.writable) return;
    corkBriefly(this.#socket);
    this.#socket.write(frameBytes(frame));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.resume();
    this.#socket.destroySoon();
  }

  terminate(): void {
    this.#socket.destroy();
  }
}

async function refuseWhenTaken(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new ServerError("CONNECTION_ADDRESS_TAKEN", `${path} exists and is no socket`);
  const isAlive = await new Promise<boolean>((resolve) => {
    const probe = createConnection(path, () => resolve(true));
    probe.on("error", () => resolve(false));
    probe.on("close", () => resolve(false));
    probe.on("connect", () => probe.destroy());
  });
  if (isAlive) throw new ServerError("CONNECTION_ADDRESS_TAKEN", `another server listens on ${path}`);
}

function listenOn(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path, backlog: 10 }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
