// What the RabbitMQ bus can be told when it is opened, filled in and checked once. Credentials stay in here and in the connection.

import type { ConnectionOptions } from "node:tls";
import { type Clock, type Logger, silentLogger, systemClock } from "@switchboard/core";
import { BusError } from "../errors.ts";
import { checkRange, defaultMaxPendingPublishes } from "../options.ts";

/** How brokers that want TLS are checked, and how this side shows who it is; see Node's `tls.connect`. */
export type AmqpTlsOptions = Pick<
  ConnectionOptions,
  "ca" | "cert" | "key" | "passphrase" | "rejectUnauthorized" | "servername"
>;

/** How a RabbitMQ bus is opened. */
export interface AmqpBusOptions {
  /**
   * `amqp://user:password@host:port/vhost`, or `amqps:` for TLS; several of one cluster are tried in turn. Left out: guest and guest,
   * port 5672 (5671), virtual host `/`. Neither user nor password is ever logged.
   */
  readonly url: string | readonly string[];
  /** For `amqps:` only. Default: the host's certificate authorities. */
  readonly tls?: AmqpTlsOptions;
  /**
   * What the bus declares. "classic" (default) are the queues of Vumi's workers; "quorum" ones are replicated, for clusters of our own.
   * A queue that exists is used as what it is.
   */
  readonly queueType?: "classic" | "quorum";
  /** 1 to 9: queues that the bus declares honour priorities up to that. Default: they have none, as Vumi's. Not with "quorum". */
  readonly maxPriority?: number;
  /** How many publishes may wait to become safe, 1 to 1_000_000, default 10_000; further ones are refused with BUS_OVERLOADED. */
  readonly maxPendingPublishes?: number;
  /**
   * A broker that says nothing for two to three times as long is given up, and it gives to others after as long what a consumer had in hand
   * whose machine fell silent (30 s by default). Milliseconds, 1_000 to 600_000, default 10_000.
   */
  readonly heartbeatMs?: number;
  /** How long opening tries to reach a broker. Milliseconds, 1 to 3_600_000, default 30_000. Once open, the bus tries for ever. */
  readonly connectTimeoutMs?: number;
  /** Default: the host's. */
  readonly clock?: Clock;
  /** Default: writes nothing. */
  readonly logger?: Logger;
}

/** Where one broker is and who we are there. Holds the password: never log one. */
export interface Broker {
  readonly protocol: "amqp" | "amqps";
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
}

/** {@link AmqpBusOptions} with nothing left out. */
export interface ResolvedAmqpOptions {
  readonly brokers: readonly Broker[];
  readonly tls: AmqpTlsOptions;
  readonly queueType: "classic" | "quorum";
  readonly maxPriority: number | undefined;
  readonly maxPendingPublishes: number;
  readonly heartbeatMs: number;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Fills in and checks the options.
 *
 * @throws {BusError} BUS_OPTION_INVALID
 */
export function resolveAmqpOptions(options: AmqpBusOptions): ResolvedAmqpOptions {
  const { url, queueType = "classic", maxPriority, tls = {} } = options;
  const urls = typeof url === "string" ? [url] : url;
  if (urls.length === 0) throw invalid("url", "at least one");
  if (queueType !== "classic" && queueType !== "quorum") throw invalid("queueType", '"classic" or "quorum"');
  if (maxPriority !== undefined) {
    checkRange("maxPriority", maxPriority, 1, 9);
    if (queueType === "quorum") throw invalid("maxPriority", "none with quorum queues, which know no priorities");
  }
  const { maxPendingPublishes = defaultMaxPendingPublishes, heartbeatMs = 10_000, connectTimeoutMs = 30_000 } = options;
  return {
    brokers: urls.map(parseBroker),
    tls,
    queueType,
    maxPriority,
    maxPendingPublishes: checkRange("maxPendingPublishes", maxPendingPublishes, 1, 1_000_000),
    heartbeatMs: checkRange("heartbeatMs", heartbeatMs, 1_000, 600_000),
    connectTimeoutMs: checkRange("connectTimeoutMs", connectTimeoutMs, 1, 3_600_000),
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
  };
}

/** A broker as it may appear in logs and errors: without user and password. */
export function brokerName({ protocol, hostname, port, vhost }: Broker): string {
  return `${protocol}://${hostname}:${port}/${encodeURIComponent(vhost)}`;
}

function parseBroker(text: string): Broker {
  const expected = "amqp://user:password@host:port/vhost or amqps://…";
  if (!URL.canParse(text)) throw invalid("url", expected);
  const url = new URL(text);
  const protocol = url.protocol.slice(0, -1);
  if ((protocol !== "amqp" && protocol !== "amqps") || url.hostname === "") throw invalid("url", expected);
  const hasUser = url.username !== "" || url.password !== "";
  try {
    return {
      protocol,
      // Node wants an IPv6 address without its brackets.
      hostname: url.hostname.replaceAll(/^\[|\]$/g, ""),
      port: url.port === "" ? (protocol === "amqp" ? 5672 : 5671) : Number(url.port),
      username: hasUser ? decodeURIComponent(url.username) : "guest",
      password: hasUser ? decodeURIComponent(url.password) : "guest",
      vhost: decodeURIComponent(url.pathname.slice(1)) || "/",
    };
  } catch {
    throw invalid("url", `${expected}, with valid percent-encoding`);
  }
}

// What came is left out: a URL holds a password.
function invalid(option: string, expected: string): BusError {
  return new BusError("BUS_OPTION_INVALID", `${option}: expected ${expected}`, { details: { option } });
}
