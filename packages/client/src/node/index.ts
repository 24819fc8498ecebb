// The client's door for Node: Unix sockets, and `ws` where Node has no WebSocket of its own. All else is in the main door.

import { type Client, connect as connectAnywhere } from "../client.ts";
import type { UntypedMethods } from "../methods.ts";
import type { ClientOptions } from "../options.ts";
import { openNodeSocket } from "./open-socket.ts";

export { openNodeSocket };

/** Like `connect` of the main door, and takes URLs `unix:/path` too (`unix:` alone stands for `/var/run/dispatcher.sock`). */
export function connect<Methods extends object = UntypedMethods>(
  options: ClientOptions = {},
): Promise<Client<Methods>> {
  return connectAnywhere<Methods>({ openSocket: openNodeSocket, ...options });
}
