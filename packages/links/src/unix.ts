// Links over Unix sockets, for processes of one machine. Who may connect is decided by the socket file's mode, and by a secret if one is given.

import { chmod, lstat, unlink } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { type Link, LinkError } from "@switchboard/core";
import { type ReconnectOptions, resolveReconnectOptions, resolveSocketOptions, type SocketOptions } from "./options.ts";
import { type LinkListener, listen, type ListenerOptions } from "./socket/listener.ts";
import { ConnectingLink } from "./socket/socket-link.ts";

/** Which Unix socket a link connects to, and how. */
export interface UnixLinkOptions extends SocketOptions, ReconnectOptions {
  readonly path: string;
  /** What both ends know and nobody else. Default none: whoever may open the socket may join. */
  readonly secret?: string;
}

/** Where Unix socket links are accepted, and how. */
export interface UnixListenOptions extends ListenerOptions {
  /** Created here and removed by `close`. One left by a process that was killed is replaced. At most 107 bytes. */
  readonly path: string;
  /** What both ends know and nobody else. Default none: whoever may open the socket may join. */
  readonly secret?: string;
  /** The socket file's permissions, default 0o600: only processes of the same user may join. */
  readonly mode?: number;
}

/**
 * Returns a link that connects to a {@link listenUnix} and comes back by itself.
 *
 * While it is started it keeps the process alive.
 *
 * @throws {LinkError} LINK_OPTION_INVALID.
 */
export function unixLink(options: UnixLinkOptions): Link {
  const { path, secret = "" } = options;
  return new ConnectingLink({
    ...resolveSocketOptions(options),
    ...resolveReconnectOptions(options),
    name: `unix ${path}`,
    secret,
    dial: () => connect({ path }),
  });
}

/**
 * Accepts links on a Unix socket; resolves when it listens.
 *
 * Until it is closed it keeps the process alive.
 *
 * @throws {LinkError} LINK_OPTION_INVALID, LINK_LISTEN_FAILED (retryable) also when another process listens there.
 */
export async function listenUnix(options: UnixListenOptions): Promise<LinkListener> {
  const { path, secret = "", mode = 0o600 } = options;
  await removeStale(path);
  let accepted = 0;
  const listener = await listen({
    options,
    secret,
    server: createServer(),
    connectionEvent: "connection",
    address: { path },
    describe: (socket) => (socket === undefined ? `unix ${path}` : `unix ${path} #${++accepted}`),
  });
  try {
    await chmod(path, mode);
  } catch (cause) {
    await listener.close();
    throw new LinkError("LINK_LISTEN_FAILED", `cannot set the mode of ${path}`, { cause });
  }
  return listener;
}

/** Removes a socket file at which nobody listens any more. Anything else is left alone; listening will then say why it cannot. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() !== true) return;
  const code = await new Promise<string | undefined>((resolve) => {
    const probe = connect({ path });
    probe
      .once("connect", () => resolve(undefined))
      .once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    probe.once("connect", () => probe.destroy());
  });
  if (code === "ECONNREFUSED") await unlink(path);
}
