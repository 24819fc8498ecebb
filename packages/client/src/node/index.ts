// The client's door for Node: Unix sockets, and `ws` where Node has no WebSocket of its own. All else is in the main door.

import { type Client, connect as connectAnywhere } from "../client.ts";
import type { UntypedMethods } from "../methods.ts";
import type { ClientOptions } from "../options.ts";
import { openNodeSocket, type TlsOptions } from "./open-socket.ts";

export { openNodeSocket, type TlsOptions };

/** How a client of Node connects. */
export interface NodeClientOptions extends ClientOptions {
  /** How `wss:` is encrypted. Default: as Node does it, with the certificates that it trusts. */
  readonly tls?: TlsOptions;
}

/** Like `connect` of the main door, and takes URLs `unix:/path` too (`unix:` alone stands for `/var/run/dispatcher.sock`). */
export function connect<Methods extends object = UntypedMethods>({ tls, ...options }: NodeClientOptions = {}): Promise<
  Client<Methods>
> {
  const openSocket: ClientOptions["openSocket"] = (url, handlers) => openNodeSocket(url, handlers, tls);
  return connectAnywhere<Methods>({ openSocket, ...options });
}
