// Links over Node's IPC channel, between a process and a child that it forked.

import type { ChildProcess } from "node:child_process";
import { type Link, LinkError } from "@switchboard/core";
import { PipeLink } from "./pipe/pipe-link.ts";
import type { MessagePipe } from "./pipe/message-pipe.ts";
import { type LinkOptions, type ReconnectOptions, resolveLinkOptions, resolveReconnectOptions } from "./options.ts";

/** How a link over an existing pipe behaves. */
export interface PipeLinkOptions extends LinkOptions, ReconnectOptions {}

/**
 * Returns a link over a child's IPC channel: `ipcLink(child)` in the parent, `ipcLink(process)` in the child. Either may start first.
 *
 * Other messages on it are left to their owners. The link ends for good when either side closes it or the process ends.
 * In the child it keeps the process alive until then.
 *
 * @throws {LinkError} LINK_OPTION_INVALID when there is no IPC channel.
 */
export function ipcLink(end: ChildProcess | NodeJS.Process, options: PipeLinkOptions = {}): Link {
  if (end.send === undefined) {
    throw new LinkError(
      "LINK_OPTION_INVALID",
      'expected a process with an IPC channel: start the child with fork(), or with stdio [..., "ipc"]',
    );
  }
  const name = end.pid === process.pid ? "ipc to parent" : `ipc to ${end.pid}`;
  const pipe = ipcPipe(end as ChildProcess, name);
  return new PipeLink({ ...resolveLinkOptions(options), ...resolveReconnectOptions(options), pipe });
}

/** Process and ChildProcess have the same members for this. */
function ipcPipe(end: ChildProcess, name: string): MessagePipe {
  let detach = nothing;
  return {
    name,
    carries: "frames",
    open(handlers) {
      const arrived = (message: unknown): void => handlers.received(message);
      const disconnected = (): void => handlers.gone("the other process ended or disconnected");
      end.on("message", arrived).on("disconnect", disconnected);
      detach = () => void end.off("message", arrived).off("disconnect", disconnected);
      if (!end.connected) process.nextTick(disconnected);
    },
    post(message) {
      // A failed send needs no word: the IPC channel is gone then, and says so by itself.
      if (end.connected) end.send(message, nothing);
    },
    close: () => detach(),
  };
}

function nothing(): void {}
