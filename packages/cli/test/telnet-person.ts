// Somebody at a telnet client who wants every line answered: says again what was not answered when the connection had to be made anew, and never has
// more than a few lines unanswered.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const maxUnanswered = 25;

/** Resolves when each of `lines`, which must be different, has come back as it was said. `onAnswer` hears of each, once. */
export async function converse(port: number, lines: readonly string[], onAnswer: () => void): Promise<void> {
  const open = new Set(lines);
  while (open.size > 0) {
    const socket = connect({ port, host: "127.0.0.1" });
    try {
      await once(socket, "connect");
      await talk(socket, open, onAnswer);
    } catch {
      // The transport is being started again.
      await sleep(50);
    } finally {
      socket.destroy();
    }
  }
}

/** Says what is open; returns when nothing is open any more or the connection has ended. */
async function talk(socket: Socket, open: Set<string>, onAnswer: () => void): Promise<void> {
  const waiting = [...open];
  let unanswered = 0;
  const sayMore = (): void => {
    while (unanswered < maxUnanswered) {
      const line = waiting.shift();
      if (line === undefined) return;
      unanswered++;
      socket.write(`${line}\r\n`);
    }
  };
  sayMore();
  let rest = "";
  for await (const chunk of socket.setEncoding("utf8") as AsyncIterable<string>) {
    const answers = (rest + chunk).split("\r\n");
    rest = answers.pop() ?? "";
    for (const answer of answers) {
      if (!open.delete(answer)) continue;
      unanswered--;
      onAnswer();
    }
    if (open.size === 0) return;
    sayMore();
  }
}
