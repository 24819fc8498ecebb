// Spreads what one application sends over several transports that are as good as each other.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { TransportEvent } from "../message/event.ts";
import { isJsonObject, type JsonValue } from "../message/json.ts";
import type { UserMessage } from "../message/user-message.ts";
import { RoutingError } from "../worker/errors.ts";
import type { Router, RouterContext, RoutingRules } from "../worker/router.ts";
import { onlyExposedName } from "./from-addr-multiplex-router.ts";
import { onlyRule } from "./name-rules.ts";

const balancingFields = {
  reply_affinity: {
    type: "bool",
    default: true,
    doc: "Whether a reply goes out on the transport that the message it answers came in on.",
  },
  rewrite_transport_names: {
    type: "bool",
    default: true,
    doc: "Whether the application sees its own name as transport name, and the transports theirs.",
  },
} as const;

/** Sends outbound messages to the transports in turn; replies where the message came from, by a note in its helper metadata. */
export class LoadBalancingRouter implements Router {
  static readonly summary: string =
    "Sends what applications write out by several channels in turn, and replies by the channel that they answer.";
  static readonly fields: ConfigFields = balancingFields;
  readonly #config: ConfigOf<typeof balancingFields>;
  readonly #context: RouterContext;
  readonly #exposedName: string;
  #turn = 0;

  /** @throws {RoutingError} ROUTER_CONFIG_INVALID unless there are exactly one exposed name and at least one transport. */
  constructor(config: ConfigOf<typeof balancingFields>, context: RouterContext) {
    this.#config = config;
    this.#context = context;
    this.#exposedName = onlyExposedName(context);
    if (context.transportNames.length === 0) {
      throw new RoutingError("ROUTER_CONFIG_INVALID", "transport_names: expected at least one name, got none");
    }
  }

  rules(): RoutingRules {
    return onlyRule(this.#exposedName);
  }

  async dispatchInbound(message: UserMessage): Promise<void> {
    const noted = this.#config.reply_affinity
      ? withNotes(message, [...notesOf(message), message.transport_name])
      : message;
    await this.#context.publishInbound(this.#exposedName, this.#renamed(noted, this.#exposedName));
  }

  async dispatchEvent(event: TransportEvent): Promise<void> {
    await this.#context.publishEvent(this.#exposedName, this.#renamed(event, this.#exposedName));
  }

  async dispatchOutbound(message: UserMessage): Promise<void> {
    if (!this.#config.reply_affinity || message.in_reply_to === null) return this.#send(message, this.#next());
    const notes = notesOf(message);
    const last = notes.at(-1);
    if (typeof last === "string" && this.#context.transportNames.includes(last)) {
      return this.#send(withNotes(message, notes.slice(0, -1)), last);
    }
    this.#context.logger.warn(
      { message_id: message.message_id, transport: last },
      "a reply does not say which transport its message came from; it goes out on the next one",
    );
    return this.#send(withNotes(message, notes.slice(0, -1)), this.#next());
  }

  async #send(message: UserMessage, transport: string): Promise<void> {
    await this.#context.publishOutbound(transport, this.#renamed(message, transport));
  }

  #renamed<Message extends UserMessage | TransportEvent>(message: Message, transport_name: string): Message {
    return this.#config.rewrite_transport_names ? { ...message, transport_name } : message;
  }

  #next(): string {
    const { transportNames } = this.#context;
    return transportNames[this.#turn++ % transportNames.length] ?? "";
  }
}

// Replies carry the helper metadata of what they answer, so the note comes back by itself. It is a list, because balancers may stand in a row.
function notesOf({ helper_metadata }: UserMessage): readonly JsonValue[] {
  const { load_balancer } = helper_metadata;
  const names = isJsonObject(load_balancer) ? load_balancer["transport_names"] : undefined;
  return Array.isArray(names) ? names : [];
}

function withNotes(message: UserMessage, transport_names: readonly (JsonValue | undefined)[]): UserMessage {
  const notes = transport_names.map((name) => name ?? null);
  const load_balancer = { ...(message.helper_metadata["load_balancer"] as object | undefined), transport_names: notes };
  return { ...message, helper_metadata: { ...message.helper_metadata, load_balancer } };
}
