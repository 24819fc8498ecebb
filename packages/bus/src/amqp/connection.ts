// One connection to RabbitMQ that comes back by itself: it tries one broker after the other with a growing pause, and hands out channels as
// soon as there is a connection. What was open on the lost connection is the business of those who opened it.

import { type Channel, type ChannelModel, type ConfirmChannel, connect } from "amqplib";
import { BusError } from "../errors.ts";
import { closedError, faultText } from "./faults.ts";
import { FrameWriter, socketOf } from "./frame-writer.ts";
import { type Broker, type ResolvedAmqpOptions, brokerName } from "./options.ts";
import { backoffMs, deferred, sleep } from "./waiting.ts";

/** What happens to a connection. */
export interface ConnectionEvents {
  /** There is one, for the first time or again. */
  connected?(): void;
  /** RabbitMQ takes no publishes for want of memory or disk. Sent after the first publish that it did not take. */
  blocked?(reason: string): void;
  unblocked?(): void;
}

const handshakeTimeoutMs = 10_000;
const closeTimeoutMs = 2_000;

/** A connection that comes back by itself. */
export class AmqpConnection {
  readonly #options: ResolvedAmqpOptions;
  readonly #role: string;
  readonly #events: ConnectionEvents;
  readonly #closed = new AbortController();
  #model: ChannelModel | undefined;
  #connected = deferred<ChannelModel>();
  #attempts = 0;

  /** `role` tells connections apart in logs and in RabbitMQ's own listings. */
  constructor(options: ResolvedAmqpOptions, role: string, events: ConnectionEvents) {
    this.#options = options;
    this.#role = role;
    this.#events = events;
    this.#forget();
  }

  /**
   * Connects for the first time.
   *
   * @throws {BusError} BUS_BROKER_UNREACHABLE after `connectTimeoutMs`; BUS_BROKER_REFUSED at once
   */
  async open(): Promise<void> {
    const { clock, connectTimeoutMs } = this.#options;
    const deadline = clock.now() + connectTimeoutMs;
    for (;;) {
      const broker = this.#nextBroker();
      try {
        await this.#connect(broker, Math.min(handshakeTimeoutMs, Math.max(deadline - clock.now(), 1)));
        return;
      } catch (error) {
        if (error instanceof BusError) throw error;
        const reason = isVhostRefusal(error) ? "there is no such virtual host, or not for this user" : faultText(error);
        const text = `${brokerName(broker)}: ${reason}`;
        if (isRefusal(error)) throw new BusError("BUS_BROKER_REFUSED", text, { cause: error });
        const pauseMs = backoffMs(this.#attempts);
        if (clock.now() + pauseMs > deadline) {
          const message = `no broker reached within ${connectTimeoutMs} ms; the last one, ${text}`;
          throw new BusError("BUS_BROKER_UNREACHABLE", message, { cause: error });
        }
        await sleep(clock, pauseMs, this.#closed.signal);
      }
    }
  }

  /** Opens a channel, on the next connection if there is none now. Rejects with BUS_CLOSED, or if the connection breaks meanwhile. */
  async openChannel(): Promise<Channel> {
    return await this.#openOn((model) => model.createChannel());
  }

  /** The same with publisher confirms. */
  async openConfirmChannel(): Promise<ConfirmChannel> {
    return await this.#openOn((model) => model.createConfirmChannel());
  }

  /** Closes the connection for good. Waits only a moment for a broker that does not answer. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    const model = this.#model;
    this.#forget();
    this.#connected.reject(closedError());
    if (model === undefined) return;
    const enough = new AbortController();
    await Promise.race([
      model.close().catch(() => undefined),
      sleep(this.#options.clock, closeTimeoutMs, enough.signal),
    ]);
    enough.abort();
    socketOf(model).destroy();
  }

  // A broker that is stopped may end the connection in one breath with its answer. The channel has ended then before anybody could listen for it.
  async #openOn<Opened>(open: (model: ChannelModel) => Promise<Opened>): Promise<Opened> {
    const model = await this.#connected.promise;
    const opened = await open(model);
    if (this.#model !== model) throw new Error("the connection was lost");
    return opened;
  }

  async #connect(broker: Broker, timeoutMs: number): Promise<void> {
    this.#attempts++;
    const { tls, heartbeatMs, logger } = this.#options;
    const { protocol, hostname, port, username, password, vhost } = broker;
    const heartbeat = Math.max(1, Math.round(heartbeatMs / 1_000));
    const model = await connect(
      { protocol, hostname, port, username, password, vhost, heartbeat },
      {
        ...(protocol === "amqps" ? tls : {}),
        // Without it Nagle's algorithm and delayed acknowledgements make one message at a time wait 40 ms.
        noDelay: true,
        timeout: timeoutMs,
        clientProperties: { connection_name: `switchboard ${this.#role}` },
      },
    );
    let cause: unknown;
    model.on("error", (error) => (cause = error));
    model.on("close", (error?: Error) => this.#lost(model, cause ?? error));
    model.on("blocked", (reason: string) => this.#events.blocked?.(reason));
    model.on("unblocked", () => this.#events.unblocked?.());
    // Ended in one breath with the last answer of the handshake, it says so no more.
    if (!socketOf(model).writable) {
      socketOf(model).destroy();
      throw new Error("RabbitMQ closed the connection as soon as it was open");
    }
    if (this.#closed.signal.aborted) {
      await model.close().catch(() => undefined);
      throw closedError();
    }
    FrameWriter.takeOver(model);
    this.#model = model;
    this.#attempts = 0;
    logger.info({ broker: brokerName(broker), role: this.#role }, "connected to RabbitMQ");
    this.#connected.resolve(model);
    this.#events.connected?.();
  }

  #lost(model: ChannelModel, cause: unknown): void {
    // A broker that stopped answering leaves a socket that would otherwise linger.
    socketOf(model).destroy();
    if (this.#model !== model) return;
    this.#forget();
    const { logger } = this.#options;
    logger.warn({ role: this.#role, error: faultText(cause ?? "closed") }, "lost the connection to RabbitMQ");
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#closed;
    while (this.#model === undefined && !signal.aborted) {
      await sleep(clock, backoffMs(this.#attempts), signal);
      if (signal.aborted) return;
      const broker = this.#nextBroker();
      try {
        await this.#connect(broker, handshakeTimeoutMs);
      } catch (error) {
        // What is refused now, a login for instance, may be granted again later; giving up would need a restart of ours.
        const level = isRefusal(error) ? "error" : "debug";
        logger[level]({ broker: brokerName(broker), error: faultText(error) }, "could not connect to RabbitMQ yet");
      }
    }
  }

  #forget(): void {
    this.#model = undefined;
    this.#connected = deferred();
  }

  #nextBroker(): Broker {
    const { brokers } = this.#options;
    const broker = brokers[this.#attempts % brokers.length];
    if (broker === undefined) throw new TypeError("there is always at least one broker");
    return broker;
  }
}

/** Resolves when a channel is closed, also when its connection is lost meanwhile, of which amqplib's own promise never hears. */
export async function closeChannel(channel: Channel): Promise<void> {
  await new Promise<void>((resolve) => {
    channel.once("close", resolve);
    // It was closed before.
    channel.close().catch(() => resolve());
  });
}

/** True when trying again will not help: wrong login, no such virtual host, no common way to log in. */
// amqplib tells what happens during the handshake in its message only.
function isRefusal(error: unknown): boolean {
  if (error instanceof BusError) return error.code === "BUS_BROKER_REFUSED";
  return isVhostRefusal(error) || /Handshake terminated by server: 403|SASL mechanism/.test(faultText(error));
}

function isVhostRefusal(error: unknown): boolean {
  return faultText(error).includes("Expected ConnectionOpenOk; got <ConnectionClose");
}
