// Routes by the address that people wrote to.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { UserMessage } from "../message/user-message.ts";
import { NoRoute } from "../worker/errors.ts";
import type { Router, RouterContext, RoutingRules } from "../worker/router.ts";
import { PatternTable } from "./pattern-table.ts";
import { type TransportNameConfig, TransportNameRouter } from "./transport-name-router.ts";

const toAddrFields = {
  toaddr_mappings: {
    type: "dict",
    of: { type: "regex" },
    required: true,
    doc: "Application → pattern. A message goes to every application whose pattern matches the beginning of its to_addr.",
  },
} as const;

type ToAddrConfig = TransportNameConfig & ConfigOf<typeof toAddrFields>;

/** Sends each message to all applications whose pattern matches its `to_addr`. Events carry no address and are dropped. */
export class ToAddrRouter extends TransportNameRouter<ToAddrConfig> implements Router {
  static readonly summary: string =
    "Sends a message to every application whose pattern fits the address it was written to.";
  static override readonly fields: ConfigFields = toAddrFields;
  readonly #patterns: PatternTable;
  /** By application, the number of its rule. */
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(config: ToAddrConfig, context: RouterContext) {
    super(config, context);
    const entries = Object.entries(config.toaddr_mappings);
    this.#patterns = new PatternTable(entries.map(([name, pattern]) => ({ name, pattern })));
    this.#numbers = new Map(entries.map(([name], index) => [name, index + 1]));
  }

  async dispatchInbound(message: UserMessage): Promise<void> {
    const { to_addr } = message;
    const names = to_addr === null ? [] : this.#patterns.all(to_addr);
    if (names.length === 0)
      throw new NoRoute(`no pattern of toaddr_mappings matches to_addr ${JSON.stringify(to_addr)}`);
    await Promise.all(names.map((name) => this.context.publishInbound(name, message, this.#numbers.get(name))));
  }

  rules(): RoutingRules {
    const rules = Object.entries(this.config.toaddr_mappings).map(([name, pattern], index) => ({
      number: index + 1,
      looksAt: "to_addr",
      value: pattern.source,
      target: name,
      mismatch: ({ to_addr }: UserMessage): string | undefined =>
        to_addr !== null && pattern.matches(to_addr) ? undefined : `to_addr is ${JSON.stringify(to_addr)}`,
    }));
    return { firstMatch: false, rules };
  }

  dispatchEvent(): void {
    this.context.logger.debug({}, "event dropped: an event has no to_addr to route by");
  }
}
