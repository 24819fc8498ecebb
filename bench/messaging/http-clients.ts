// A process full of HTTP clients, so that their work is not counted as the server's. Told by messages what to do; checks every answer.

import { connect, type Socket } from "node:net";
import { once } from "node:events";

/** What the clients are told: so many requests, as fast as they are answered, or so many per second. */
export interface Load {
  readonly port: number;
  readonly clients: number;
  readonly requests: number;
  readonly perSecond?: number;
}

/** What they answer. */
export interface Loaded {
  readonly seconds: number;
  /** From the moment a request was due to its answer, milliseconds, sorted. */
  readonly latenciesMs: readonly number[];
}

process.on("message", (load: Load) => {
  run(load).then(
    (loaded) => process.send?.(loaded),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function run(load: Load): Promise<Loaded> {
  const clients = await Promise.all(Array.from({ length: load.clients }, () => open(load.port)));
  const latencies: number[] = [];
  const started = performance.now();
  let next = 0;
  // With a rate, each request has a moment of its own; late ones are counted from that moment, not from when a client was free.
  const dueAt = (index: number): number =>
    load.perSecond === undefined ? performance.now() : started + (index * 1_000) / load.perSecond;
  await Promise.all(
    clients.map(async (client) => {
      while (next < load.requests) {
        const index = next++;
        const due = dueAt(index);
        const early = due - performance.now();
        if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
        await client.ask(index);
        latencies.push(performance.now() - due);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  for (const client of clients) client.socket.destroy();
  return { seconds, latenciesMs: latencies.toSorted((a, b) => a - b) };
}

interface Client {
  readonly socket: Socket;
  ask(index: number): Promise<void>;
}

async function open(port: number): Promise<Client> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  let expected = "";
  let answered: (() => void) | undefined;
  let failed: ((error: Error) => void) | undefined;
  let heard = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    heard += text;
    const head = heard.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(heard)?.[1]);
    const body = heard.slice(head + 4);
    if (body.length < length) return;
    heard = "";
    if (body === expected) answered?.();
    else failed?.(new Error(`expected ${expected}, got ${body}`));
  });
  socket.on("close", () => failed?.(new Error("the server closed the connection")));
  return {
    socket,
    ask(index) {
      expected = `message ${index}`;
      const path = `/echo?content=message%20${index}&to_addr=8000&from_addr=%2B27${index}`;
      return new Promise((resolve, reject) => {
        answered = resolve;
        failed = reject;
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      });
    },
  };
}
