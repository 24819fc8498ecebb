// vumi2's router: the first pattern that matches the address people wrote to decides, and events follow the message they are about.

import type { KeyValue } from "@switchboard/storage";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { TransportEvent } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import { IgnoreMessage, NoRoute } from "../worker/errors.ts";
import { unknownSender } from "./unknown-sender.ts";
import type { Router, RouterContext, RoutingRules } from "../worker/router.ts";
import { PatternTable } from "./pattern-table.ts";

const toAddressFields = {
  to_address_mappings: {
    type: "list",
    of: {
      type: "section",
      fields: {
        name: { type: "text", required: true, doc: "Application that the message goes to." },
        pattern: { type: "regex", required: true, doc: "Matched against the beginning of the address." },
      },
    },
    default: [],
    doc: "The first pattern that matches decides.",
  },
  default_app: { type: "text", doc: "Application for addresses that no pattern matches." },
  message_cache_timeout: {
    type: "int",
    min: 1,
    default: 3600,
    unit: "seconds",
    doc: "How long events of a message sent find their application.",
  },
} as const;

/** Routes by `to_addr`; events by the address that the message they are about was sent from. */
export class ToAddressRouter implements Router {
  static readonly summary: string =
    "Sends a message to the first application whose pattern fits the address it was written to.";
  static readonly fields: ConfigFields = toAddressFields;
  readonly #config: ConfigOf<typeof toAddressFields>;
  readonly #context: RouterContext;
  readonly #patterns: PatternTable;
  readonly #memory: KeyValue;

  constructor(config: ConfigOf<typeof toAddressFields>, context: RouterContext) {
    this.#config = config;
    this.#context = context;
    this.#patterns = new PatternTable(config.to_address_mappings);
    this.#memory = context.keyValue.sub("to_address_router");
  }

  rules(): RoutingRules {
    const rules = this.#config.to_address_mappings.map(({ name, pattern }, index) => ({
      number: index + 1,
      looksAt: "to_addr",
      value: pattern.source,
      target: name,
      mismatch: ({ to_addr }: UserMessage): string | undefined =>
        to_addr !== null && pattern.matches(to_addr) ? undefined : `to_addr is ${JSON.stringify(to_addr)}`,
    }));
    return { firstMatch: true, rules };
  }

  async dispatchInbound(message: UserMessage): Promise<void> {
    const { name, rule } = this.#decide(message.to_addr);
    await this.#context.publishInbound(name, message, rule);
  }

  async dispatchEvent(event: TransportEvent): Promise<void> {
    const from_addr = await this.#memory.get(event.user_message_id);
    if (from_addr === undefined) throw new IgnoreMessage(unknownSender);
    const { name, rule } = this.#decide(from_addr);
    await this.#context.publishEvent(name, event, rule);
  }

  async dispatchOutbound(message: UserMessage): Promise<void> {
    const { transport_name, from_addr, message_id } = message;
    if (transport_name === null) throw new NoRoute("the message names no transport");
    if (from_addr !== null) {
      await this.#memory.set(message_id, from_addr, { ttlMs: this.#config.message_cache_timeout * 1_000 });
    }
    await this.#context.publishOutbound(transport_name, message);
  }

  #decide(address: string | null): { readonly name: string; readonly rule?: number } {
    const entry = address === null ? undefined : this.#patterns.firstEntry(address);
    if (entry !== undefined) return { name: entry.name, rule: entry.rank + 1 };
    const { default_app } = this.#config;
    if (default_app === null)
      throw new NoRoute(`no pattern matches the address ${JSON.stringify(address)}, and there is no default_app`);
    return { name: default_app };
  }
}
