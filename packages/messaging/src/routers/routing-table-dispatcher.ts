// A dispatcher that routes by connector and endpoint, by one table. Not a router plug-in: it reads and writes endpoints, which those ignore.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { endpointOf } from "../message/envelope.ts";
import type { Connector } from "../worker/connector.ts";
import { NoRoute, RoutingError } from "../worker/errors.ts";
import type { MessageHandler, MessageKind } from "../worker/kinds.ts";
import type { UserMessage } from "../message/user-message.ts";
import type { RoutingRules } from "../worker/router.ts";
import { type RoutingConfig, RoutingWorker } from "../worker/routing-worker.ts";
import { lookUp } from "./transport-name-router.ts";

const tableFields = {
  receive_inbound_connectors: {
    type: "names",
    required: true,
    static: true,
    doc: "Connectors on the transports' side.",
  },
  receive_outbound_connectors: {
    type: "names",
    required: true,
    static: true,
    doc: "Connectors on the applications' side.",
  },
  routing_table: {
    type: "dict",
    of: { type: "dict", of: { type: "list", of: { type: "text" } } },
    required: true,
    doc: "Connector → endpoint → [connector, endpoint]. Events go by the row of their transport, like inbound messages.",
  },
} as const;

type TableConfig = RoutingConfig & ConfigOf<typeof tableFields>;
type Side = ReadonlyMap<string, Connector>;

/** Routes inbound messages and events from transports, and outbound ones from applications, by `routing_table`. */
export class RoutingTableDispatcher extends RoutingWorker<TableConfig> {
  static readonly summary: string = "Passes messages between connectors by a table of connectors and endpoints.";
  static override readonly fields: ConfigFields = tableFields;

  /** The rows of a table as rules: the connector and endpoint that a message came by decide. */
  static rulesOf(config: Pick<TableConfig, "receive_inbound_connectors" | "routing_table">): RoutingRules {
    const rows = config.receive_inbound_connectors.flatMap((connector) =>
      Object.entries(lookUp(config.routing_table, connector) ?? {}).map(([endpoint, target]) => ({
        connector,
        endpoint,
        target: target.join(" "),
      })),
    );
    const rules = rows.map(({ connector, endpoint, target }, index) => ({
      number: index + 1,
      looksAt: "connector, endpoint",
      value: `${connector}, ${endpoint}`,
      target,
      mismatch: (message: UserMessage, source: string): string | undefined => {
        if (source !== connector) return `it came from ${source}`;
        return endpointOf(message) === endpoint ? undefined : `its endpoint is ${endpointOf(message)}`;
      },
    }));
    return { firstMatch: true, rules };
  }

  protected override setupConnectors(): void {
    const { receive_inbound_connectors, receive_outbound_connectors } = this.config;
    const add = (names: readonly string[], role: "receive-inbound" | "receive-outbound"): Side =>
      new Map(names.map((name) => [name, this.addConnector(name, role)]));
    const transports = add(receive_inbound_connectors, "receive-inbound");
    const applications = add(receive_outbound_connectors, "receive-outbound");
    for (const connector of transports.values()) {
      connector.setCatchAll("inbound", this.#forward("inbound", connector, applications));
      connector.setCatchAll("event", this.#forward("event", connector, applications));
    }
    for (const connector of applications.values()) {
      connector.setCatchAll("outbound", this.#forward("outbound", connector, transports));
    }
  }

  #forward<Kind extends MessageKind>(kind: Kind, source: Connector, side: Side): MessageHandler<Kind> {
    const { rules } = RoutingTableDispatcher.rulesOf(this.config);
    const ruleNumbers = new Map(rules.map(({ value, number }) => [value.replace(", ", " "), number]));
    return this.routed(kind, source.name, async (message) => {
      const [name, endpoint] = this.#target(source.name, endpointOf(message));
      const target = side.get(name);
      if (target === undefined) throw new RoutingError("ROUTER_NO_CONNECTOR", this.#noConnector(source, name, side));
      await target.publish(kind, message, { endpoint, rule: ruleNumbers.get(`${source.name} ${endpointOf(message)}`) });
    });
  }

  #target(connector: string, endpoint: string): readonly [name: string, endpoint: string] {
    const row = lookUp(this.config.routing_table, connector);
    const [name, targetEndpoint] = (row === undefined ? undefined : lookUp(row, endpoint)) ?? [];
    if (name === undefined || targetEndpoint === undefined) {
      throw new NoRoute(`routing_table has no [connector, endpoint] for ${connector}, endpoint ${endpoint}`);
    }
    return [name, targetEndpoint];
  }

  #noConnector(source: Connector, name: string, side: Side): string {
    return `routing_table sends ${source.name} to ${JSON.stringify(name)}; expected one of ${[...side.keys()].join(", ")}`;
  }
}
