// Links to worker threads, over a worker's own port or any other message port.

import type { MessagePort, Worker } from "node:worker_threads";
import type { Link } from "@switchboard/core";
import { PipeLink } from "./pipe/pipe-link.ts";
import type { MessagePipe } from "./pipe/message-pipe.ts";
import type { PipeLinkOptions } from "./ipc.ts";
import { resolveLinkOptions, resolveReconnectOptions } from "./options.ts";

/**
 * Returns a link to a worker thread: `workerLink(worker)` outside, `workerLink(parentPort)` inside; or one over any pair of message ports.
 * Either side may start first.
 *
 * Other messages on the port are left to their owners. The link ends for good when either side closes it or the thread ends.
 * Inside the worker it keeps the thread alive until then.
 *
 * @throws {LinkError} LINK_OPTION_INVALID.
 */
export function workerLink(end: Worker | MessagePort, options: PipeLinkOptions = {}): Link {
  const name = "threadId" in end ? `worker ${end.threadId}` : "message port";
  const pipe = portPipe(end as MessagePort, name);
  return new PipeLink({ ...resolveLinkOptions(options), ...resolveReconnectOptions(options), pipe });
}

/** A Worker has the members of a port that are used here, and says "exit" where a port says "close". */
function portPipe(end: MessagePort, name: string): MessagePipe {
  let detach = nothing;
  return {
    name,
    carries: "text",
    open(handlers) {
      const arrived = (message: unknown): void => handlers.received(message);
      const ended = (): void => handlers.gone("the thread or its port is gone");
      const unreadable = (): void => handlers.received({ switchboard: null });
      end.on("message", arrived).on("messageerror", unreadable).on("close", ended).on("exit", ended);
      detach = () => {
        end.off("message", arrived).off("messageerror", unreadable).off("close", ended).off("exit", ended);
      };
    },
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a message port is not a window and has no origin
    post: (message) => end.postMessage(message),
    close: () => detach(),
  };
}

function nothing(): void {}
