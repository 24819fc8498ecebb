// Deals with what a transport could not send: temporary failures are sent again with growing delays, all others are set aside for people.

import type { Consumer, Delivery } from "@switchboard/bus";
import { Repeat } from "../components/repeat.ts";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { failureCodec } from "../message/codec.ts";
import type { FailureMessage } from "../message/failure.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../message/json.ts";
import { FailureSetAside } from "../worker/errors.ts";
import { Worker } from "../worker/worker.ts";
import { FailureStore } from "./failure-store.ts";

const failureFields = {
  transport_name: { type: "text", required: true, static: true, doc: "The transport whose failures these are." },
  failures_routing_key: {
    type: "text",
    default: "%(transport_name)s.failures",
    static: true,
    doc: "Queue that failures come from; %(transport_name)s stands for the transport's name.",
  },
  retry_routing_key: {
    type: "text",
    default: "%(transport_name)s.outbound",
    static: true,
    doc: "Queue that messages go to again.",
  },
  retry_initial_delay: {
    type: "float",
    min: 0,
    default: 1,
    unit: "seconds",
    static: true,
    doc: "Pause before the first further try.",
  },
  retry_delay_factor: {
    type: "float",
    min: 1,
    default: 3,
    static: true,
    doc: "How much longer each further pause is.",
  },
  retry_max_delay: { type: "float", min: 0, default: 3600, unit: "seconds", static: true, doc: "Longest pause." },
  retry_granularity: {
    type: "float",
    min: 1,
    default: 5,
    unit: "seconds",
    static: true,
    doc: "Pauses end at multiples of this.",
  },
  retry_delivery_period: {
    type: "float",
    min: 0,
    default: 3,
    unit: "seconds",
    static: true,
    doc: "How often to look for what is due; 0: never.",
  },
  max_retries: {
    type: "int",
    min: 0,
    default: 50,
    static: true,
    doc: "After this many further tries a message is set aside.",
  },
} as const;

/** What the failure worker is configured with. */
export type FailureWorkerConfig = ConfigOf<typeof failureFields>;

/** How often a message was tried again, as it says itself. */
interface RetryMetadata {
  readonly retries: number;
  /** Seconds. */
  readonly delay: number;
}

/** How long it is remembered that a failure was set aside: ninety days. */
const setAsideMs = 90 * 86_400_000;

/**
 * Consumes failures. Temporary ones wait in a {@link FailureStore} until they are due. The others are parked on the failures queue: retrying
 * a parked one by hand sends its message again, dropping it ends the matter.
 */
export class FailureWorker extends Worker<FailureWorkerConfig> {
  static readonly summary: string =
    "Sends again what a channel could not send for now, and keeps what it never will for people to look at.";
  static override readonly fields: ConfigFields = failureFields;
  readonly #keyValue = this.context.keyValue.sub("failures").sub(this.config.transport_name);
  readonly #store = new FailureStore(this.#keyValue, {
    granularityMs: this.config.retry_granularity * 1_000,
    clock: this.context.clock,
    newId: this.context.newId,
  });
  readonly #retryKey = this.#fill(this.config.retry_routing_key);
  #consumer: Consumer | undefined;
  #repeat: Repeat | undefined;

  protected override setupConnectors(): void {
    // Failures travel beside the connectors: one queue in, one routing key out, no middleware, as in Vumi.
  }

  protected override async setup(): Promise<void> {
    const { bus, consume, clock, logger } = this.context;
    this.#consumer = await bus.consume(this.#fill(this.config.failures_routing_key), consume, (delivery) =>
      this.#handle(delivery),
    );
    const { retry_delivery_period } = this.config;
    if (retry_delivery_period === 0) return;
    this.#repeat = new Repeat(() => this.#sendDue(), {
      intervalMs: retry_delivery_period * 1_000,
      clock,
      logger,
      what: "sending failed messages again",
      immediately: true,
    });
  }

  protected override async teardown(): Promise<void> {
    await this.#consumer?.stop();
    await this.#repeat?.stop();
  }

  async #handle(delivery: Delivery): Promise<void> {
    const failure = failureCodec.decode(delivery.body, this.context.logger);
    const { message, failure_code, reason } = failure;
    const setAsideKey = `set_aside.${idOf(message)}`;
    // Put back by hand, a parked message begins at its first attempt again; one that comes again after a crash does not.
    if (delivery.attempt === 1 && (await this.#keyValue.exists(setAsideKey))) {
      await this.context.bus.publish(this.#retryKey, JSON.stringify(message));
      await this.#keyValue.delete(setAsideKey);
      return;
    }
    const next = nextRetry(retryMetadataOf(message), this.config);
    if (failure_code === "temporary" && next.retries <= this.config.max_retries) {
      await this.#store.add(JSON.stringify({ ...message, retry_metadata: next }), reason, next.delay);
      return;
    }
    await this.#keyValue.set(setAsideKey, "", { ttlMs: setAsideMs });
    throw new FailureSetAside(describe(failure, this.config.max_retries));
  }

  async #sendDue(): Promise<void> {
    for await (const { message } of this.#store.due()) {
      await this.context.bus.publish(this.#retryKey, message);
      if (this.#repeat?.isStopped) return;
    }
  }

  #fill(routingKey: string): string {
    return routingKey.replaceAll("%(transport_name)s", this.config.transport_name);
  }
}

/** The next entry in a message's retry metadata. */
export function nextRetry(
  { retries, delay }: RetryMetadata,
  config: Pick<FailureWorkerConfig, "retry_initial_delay" | "retry_delay_factor" | "retry_max_delay">,
): RetryMetadata & JsonObject {
  const { retry_initial_delay, retry_delay_factor, retry_max_delay } = config;
  const longer = retries === 0 ? retry_initial_delay : delay * retry_delay_factor;
  return { retries: retries + 1, delay: Math.min(longer, retry_max_delay) };
}

function retryMetadataOf({ retry_metadata }: JsonObject): RetryMetadata {
  const given = isJsonObject(retry_metadata) ? retry_metadata : {};
  return { retries: numberOr(given["retries"], 0), delay: numberOr(given["delay"], 0) };
}

function numberOr(value: JsonValue | undefined, otherwise: number): number {
  return typeof value === "number" && value >= 0 ? value : otherwise;
}

function describe({ failure_code, message, reason }: FailureMessage, maxRetries: number): string {
  const last = reason.trimEnd().split("\n").at(-1) ?? "";
  const why =
    failure_code === "temporary" ? `still failing after ${maxRetries} tries` : `${failure_code ?? "unknown"} failure`;
  return `message ${idOf(message)}: ${why}: ${last.slice(0, 300)}`;
}

function idOf({ message_id }: JsonObject): string {
  return typeof message_id === "string" ? message_id : "without id";
}
