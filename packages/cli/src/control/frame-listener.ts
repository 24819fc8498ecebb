// Takes connections of clients, over WebSockets or a Unix socket, as sources of frames. For the monitor.

import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { frameBytes, FramingDecoder } from "@switchboard/protocol";
import type { FrameSocket, SocketHandlers } from "@switchboard/client";
import { WebSocketServer } from "ws";
import { CliError } from "../errors.ts";

/** Takes a connection and says what is to be done with what it brings. */
export type Accept = (client: FrameSocket) => Pick<SocketHandlers, "onFrame" | "onClose">;

/** A place where clients connect. */
export interface FrameListener {
  /** Where it is, with the port that was chosen. */
  readonly url: string;
  /** Cuts all connections. */
  close(): Promise<void>;
}

/**
 * Listens at `ws://host:port` or `unix:/path`.
 *
 * @throws {CliError} CLI_ARGUMENTS_INVALID for another address; the system's error when it cannot be used.
 */
export function listenForFrames(url: string, accept: Accept): Promise<FrameListener> {
  if (url.startsWith("unix:")) return listenUnix(url.slice(5), accept);
  const { protocol, hostname, port } = URL.canParse(url) ? new URL(url) : { protocol: "", hostname: "", port: "" };
  if (protocol === "ws:") return listenWebSocket(hostname, Number(port === "" ? 80 : port), accept);
  throw new CliError(
    "CLI_ARGUMENTS_INVALID",
    `--listen: expected ws://host:port or unix:/path, got ${JSON.stringify(url)}`,
  );
}

async function listenWebSocket(host: string, port: number, accept: Accept): Promise<FrameListener> {
  const server = new WebSocketServer({ host: host.replaceAll(/^\[|\]$/g, ""), port, maxPayload: 2 ** 24 });
  server.on("connection", (socket) => {
    const { onFrame, onClose } = accept({ send: (text) => socket.send(text), close: () => socket.close() });
    socket.on("message", (data: Buffer) => onFrame(data.toString("utf8")));
    socket.on("error", () => socket.terminate());
    socket.on("close", () => onClose("closed"));
  });
  await once(server, "listening");
  const { port: chosen } = server.address() as { readonly port: number };
  return {
    url: `ws://${host}:${chosen}`,
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listenUnix(path: string, accept: Accept): Promise<FrameListener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const decoder = new FramingDecoder();
    const { onFrame, onClose } = accept({
      send: (text) => void socket.write(frameBytes(text)),
      close: () => socket.destroySoon(),
    });
    socket.on("data", (bytes) => {
      try {
        for (const text of decoder.push(bytes)) onFrame(text);
      } catch {
        socket.destroy();
      }
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      onClose("closed");
    });
  });
  // For the owner only, from the moment at which the file is there.
  const umask = process.umask(0o177);
  server.listen(path);
  process.umask(umask);
  await once(server, "listening");
  return {
    url: `unix:${path}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
