// Frames over a Unix socket, each behind its magic number and length.

import { connect } from "node:net";
import { frameBytes, FramingDecoder } from "@switchboard/protocol";
import type { FrameSocket, SocketHandlers } from "../socket.ts";

/** Opens the Unix socket at `path`. */
export function openUnixSocket(path: string, handlers: SocketHandlers): FrameSocket {
  const decoder = new FramingDecoder();
  const socket = connect(path);
  let trouble = "closed by the server";
  socket.on("connect", () => handlers.onOpen());
  socket.on("error", (error) => {
    trouble = error.message;
  });
  socket.on("close", () => handlers.onClose(trouble));
  socket.on("data", (bytes) => {
    try {
      for (const text of decoder.push(bytes)) handlers.onFrame(text);
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
  return {
    send: (text) => {
      if (socket.writable) socket.write(frameBytes(text));
    },
    close: () => {
      if (socket.connecting) socket.destroy();
      else socket.destroySoon();
    },
  };
}
