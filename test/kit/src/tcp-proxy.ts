// A TCP proxy on loopback that does to a connection what networks do: cuts, stalls, delays and refuses it.

import { type Server, type Socket, connect, createServer } from "node:net";
import { freePort } from "./free-port.ts";

/** Where a proxy forwards to. */
export interface TcpProxyOptions {
  readonly targetPort: number;
  /** Default "127.0.0.1". */
  readonly targetHost?: string;
}

/** What may wait in one direction before its sender is no longer read from. */
const maxWaitingBytes = 1024 * 1024;

/** Both directions of one connection. */
interface Pair {
  readonly client: Socket;
  readonly target: Socket;
  readonly lanes: readonly Lane[];
}

/**
 * Forwards connections from a free port on 127.0.0.1 to a target.
 *
 * Everything said about connections holds for those that exist and, until {@link TcpProxy.heal}, for new ones.
 */
export class TcpProxy {
  /** Starts one. */
  static async start(options: TcpProxyOptions): Promise<TcpProxy> {
    const proxy = new TcpProxy(options, await freePort());
    await proxy.#listen();
    return proxy;
  }

  /** Forwarded so far. */
  bytesToTarget = 0;
  /** Forwarded so far. */
  bytesFromTarget = 0;
  /** Taken so far, over all time. */
  accepted = 0;
  /** Where to connect to. Stays the same for the proxy's whole life. */
  readonly port: number;
  readonly #options: TcpProxyOptions;
  readonly #pairs = new Set<Pair>();
  #listener: Server | undefined;
  readonly #weather: Weather = { stalled: false, delayMs: 0 };

  private constructor(options: TcpProxyOptions, port: number) {
    this.#options = options;
    this.port = port;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Breaks all connections: "reset" (default) as a crash or a firewall does, "end" as an orderly close does. New ones are taken. */
  cut(how: "reset" | "end" = "reset"): void {
    for (const { client, target } of this.#pairs) {
      for (const socket of [client, target]) {
        if (how === "reset") reset(socket);
        else socket.end();
      }
    }
  }

  /** Forwards nothing any more while all connections stay open and new ones are taken: a black hole. */
  stall(): void {
    this.#weather.stalled = true;
  }

  /** Forwards everything `delayMs` late, in order. */
  delay(delayMs: number): void {
    this.#weather.delayMs = delayMs;
  }

  /** Takes no new connections; those that exist go on. */
  refuse(): void {
    // Its callback would wait for the connections, which are to go on.
    this.#listener?.close();
    this.#listener = undefined;
  }

  /** Ends stalling, delaying and refusing. What was held back goes on where it stopped. */
  async heal(): Promise<void> {
    this.#weather.stalled = false;
    this.#weather.delayMs = 0;
    for (const { lanes } of this.#pairs) for (const lane of lanes) lane.pump();
    if (this.#listener === undefined) await this.#listen();
  }

  /** Resets all connections and frees the port. */
  close(): void {
    this.refuse();
    this.cut();
  }

  async #listen(): Promise<void> {
    const listener = createServer({ noDelay: true, allowHalfOpen: true }, (client) => this.#accept(client));
    this.#listener = listener;
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen(this.port, "127.0.0.1", resolve);
    });
  }

  #accept(client: Socket): void {
    this.accepted++;
    const { targetHost = "127.0.0.1", targetPort } = this.#options;
    const target = connect({ host: targetHost, port: targetPort, noDelay: true, allowHalfOpen: true });
    const weather = this.#weather;
    const lanes = [
      new Lane({ from: client, to: target, weather, count: (bytes) => (this.bytesToTarget += bytes) }),
      new Lane({ from: target, to: client, weather, count: (bytes) => (this.bytesFromTarget += bytes) }),
    ];
    const pair: Pair = { client, target, lanes };
    this.#pairs.add(pair);
    const closed = (): void => {
      if (client.destroyed && target.destroyed) this.#pairs.delete(pair);
    };
    // A reset on one side is passed on as one.
    client.on("error", () => reset(target)).on("close", closed);
    target.on("error", () => reset(client)).on("close", closed);
  }
}

// While its end is on its way libuv does not reset a socket, and Node, told so, would never close it.
function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}

/** What holds for all connections of one proxy. */
interface Weather {
  stalled: boolean;
  delayMs: number;
}

interface LaneOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly weather: Readonly<Weather>;
  readonly count: (bytes: number) => void;
}

/** One direction of one connection: what was read waits here until it may go on. */
class Lane {
  readonly #options: LaneOptions;
  /** An undefined chunk is the end of the stream. */
  readonly #waiting: { readonly chunk: Buffer | undefined; readonly dueAt: number }[] = [];
  #waitingBytes = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
    const { from, to } = options;
    from.on("data", (chunk: Buffer) => this.#take(chunk));
    from.on("end", () => this.#take(undefined));
    to.on("drain", () => this.pump());
  }

  /** Forwards what may be forwarded now. */
  pump(): void {
    const { from, to, weather, count } = this.#options;
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || weather.stalled) break;
      if (weather.delayMs > 0 && next.dueAt > performance.now()) break;
      if (to.writableLength > maxWaitingBytes) break;
      this.#waiting.shift();
      this.#waitingBytes -= next.chunk?.length ?? 0;
      if (to.writableEnded || to.destroyed) continue;
      if (next.chunk === undefined) to.end();
      else {
        count(next.chunk.length);
        to.write(next.chunk);
      }
    }
    if (this.#waitingBytes < maxWaitingBytes) from.resume();
    else from.pause();
  }

  #take(chunk: Buffer | undefined): void {
    const { delayMs } = this.#options.weather;
    this.#waiting.push({ chunk, dueAt: performance.now() + delayMs });
    this.#waitingBytes += chunk?.length ?? 0;
    this.pump();
    // A timer may fire a little early by the other clock, hence the millisecond.
    if (delayMs > 0) setTimeout(() => this.pump(), delayMs + 1);
  }
}
