// A socket server that joins like a link and then says what it is told to: the hostile far end for socket links.

import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { hostileText } from "@switchboard/links/testing";
import { Handshake } from "../../src/socket/handshake.ts";

/** Starts one. Each line it gets after the handshake is a batch of `{ raw, times }`. */
export async function hostileServer(address: ListenOptions, secret: string): Promise<Server> {
  const server = createServer((socket) => greet(socket, secret));
  await new Promise<void>((resolve) => server.listen(address, resolve));
  return server;
}

function greet(socket: Socket, secret: string): void {
  const handshake = new Handshake({ role: "accept", secret, binding: "" });
  let joined = false;
  socket.on("error", () => undefined);
  socket.write(`${handshake.opening}\n`);
  const lines = createInterface({ input: socket });
  // It passes on what goes wrong with the socket.
  lines
    .on("error", () => undefined)
    .on("line", (line) => {
      if (joined) {
        for (const frame of JSON.parse(line)) socket.write(`${hostileText(frame)}\n`);
        return;
      }
      socket.write(`${handshake.next(line).reply}\n`);
      joined = true;
    });
}
