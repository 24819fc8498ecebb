// Splits the people of a transport into groups, one application each, and keeps everybody in the group they once got.

import type { KeyValue } from "@switchboard/storage";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { TransportEvent } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import { NoRoute, RoutingError } from "../worker/errors.ts";
import type { Router, RouterContext } from "../worker/router.ts";
import { lookUp, type TransportNameConfig, TransportNameRouter } from "./transport-name-router.ts";

const groupingFields = {
  dispatcher_name: {
    type: "text",
    required: true,
    static: true,
    doc: "Keeps the groups of this dispatcher apart from those of others.",
  },
  group_mappings: { type: "dict", of: { type: "text" }, required: true, doc: "Group → application that serves it." },
  route_mappings: {
    type: "dict",
    of: { type: "names" },
    default: {},
    doc: "Transport → the application, or the list of applications, that its events go to.",
  },
} as const;

type GroupingConfig = TransportNameConfig & ConfigOf<typeof groupingFields>;

/** Assigns new people to the groups in turn, alphabetically, for good. */
export class UserGroupingRouter extends TransportNameRouter<GroupingConfig> implements Router {
  static readonly summary: string = "Assigns new people to groups of applications in turn, and keeps each in theirs.";
  static override readonly fields: ConfigFields = groupingFields;
  readonly #groups: readonly string[];
  readonly #memory: KeyValue;

  /** @throws {RoutingError} ROUTER_CONFIG_INVALID when there is no group. */
  constructor(config: GroupingConfig, context: RouterContext) {
    super(config, context);
    this.#groups = Object.keys(config.group_mappings).toSorted();
    this.#memory = context.keyValue.sub(config.dispatcher_name);
    if (this.#groups.length === 0) {
      throw new RoutingError("ROUTER_CONFIG_INVALID", "group_mappings: expected at least one group");
    }
  }

  async dispatchInbound(message: UserMessage): Promise<void> {
    const { from_addr } = message;
    if (from_addr === null) throw new NoRoute("the message has no from_addr, so its sender has no group");
    const group = await this.#groupOf(from_addr);
    const application = lookUp(this.config.group_mappings, group);
    if (application === undefined) throw new NoRoute(`group ${JSON.stringify(group)} is no longer in group_mappings`);
    await this.context.publishInbound(application, message);
  }

  async dispatchEvent(event: TransportEvent, source: string): Promise<void> {
    const transport = event.transport_name ?? source;
    const names = lookUp(this.config.route_mappings, transport);
    if (names === undefined) throw new NoRoute(`route_mappings has no transport ${JSON.stringify(transport)}`);
    await Promise.all(names.map((name) => this.context.publishEvent(name, event)));
  }

  async #groupOf(address: string): Promise<string> {
    const key = `user:${address}`;
    const known = await this.#memory.get(key);
    if (known !== undefined) return known;
    const turn = await this.#memory.incrby("round-robin");
    const group = this.#groups[(turn - 1) % this.#groups.length] ?? "";
    // Two dispatchers may see a new person at once; the first one's choice stands.
    if (await this.#memory.setnx(key, group)) return group;
    return (await this.#memory.get(key)) ?? group;
  }
}
