// Accepts links on a server socket: takes connections, lets them prove that they know the secret, and hands those that did to `onLink`.
// Shared by TCP and Unix sockets, which say how the server is made and where it listens.

import type { ListenOptions, Server, Socket } from "node:net";
import { type Link, LinkError } from "@switchboard/core";
import { inRange, resolveSocketOptions, type SocketOptions } from "../options.ts";
import { AcceptedLink } from "./socket-link.ts";

/** What both kinds of listener can be told. */
export interface ListenerOptions extends SocketOptions {
  /** Gets each link whose other side has proved that it knows the secret; usually `(link) => dispatcher.join(link)`. */
  readonly onLink: (link: Link) => void;
  /** Connections held at a time, those still proving themselves included; more are closed at once. 1 to 1_000_000, default 1_000. */
  readonly maxLinks?: number;
}

/** Accepts links until it is closed. */
export interface LinkListener {
  /** Stops accepting and drops who has not proved to know the secret yet. Links that were handed over go on. Idempotent. */
  close(): Promise<void>;
}

export interface ListenerSetup {
  readonly options: ListenerOptions;
  readonly secret: string;
  readonly server: Server;
  /** The server's event that brings a socket ready to talk. */
  readonly connectionEvent: "connection" | "secureConnection";
  readonly address: ListenOptions;
  /** The server's address, or the name of a link accepted from it. */
  readonly describe: (socket?: Socket) => string;
}

/** Listens. @throws {LinkError} LINK_OPTION_INVALID, LINK_LISTEN_FAILED. */
export async function listen(setup: ListenerSetup): Promise<LinkListener> {
  const { options, secret, server, connectionEvent, address, describe } = setup;
  const resolved = resolveSocketOptions(options);
  const { logger } = resolved;
  const unproven = new Set<AcceptedLink>();
  server.maxConnections = inRange("maxLinks", options.maxLinks ?? 1000, [1, 1_000_000]);
  server.on("drop", (from) => logger.warn({ link: describe(), from }, "too many links; connection refused"));
  server.on(connectionEvent, (socket: Socket) => {
    const link: AcceptedLink = new AcceptedLink({
      ...resolved,
      name: describe(socket),
      secret,
      socket,
      onReady: () => {
        unproven.delete(link);
        options.onLink(link);
      },
      onEnd: () => unproven.delete(link),
    });
    unproven.add(link);
    // Its TLS handshake was still going on when the listener was closed.
    if (!server.listening) link.reset(notListening());
  });
  await listening(server, address, describe);
  server.on("error", (error) => logger.error({ link: describe(), reason: error.message }, "cannot accept"));
  return {
    close: async () => {
      if (server.listening) server.close();
      for (const link of unproven) link.reset(notListening());
    },
  };
}

function notListening(): LinkError {
  return new LinkError("LINK_CLOSED", "the listener was closed");
}

async function listening(server: Server, address: ListenOptions, describe: () => string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: Error): void => {
      reject(new LinkError("LINK_LISTEN_FAILED", `cannot listen on ${describe()}: ${cause.message}`, { cause }));
    };
    server.once("error", failed);
    server.listen(address, () => {
      server.off("error", failed);
      resolve();
    });
  });
}
