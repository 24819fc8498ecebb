// The worker around a classic router: connects any number of transports with any number of applications and lets the router decide.
// It owns connectors, failures and what becomes of messages without a route; it knows no rule itself.

import { type ConfigFields, type ConfigOf, type ConfigurableClass, fieldsOf } from "../config/fields.ts";
import { type ClassLoader, readConfig } from "../config/read-config.ts";
import type { ConfigSource } from "../config/source.ts";
import type { Connector } from "./connector.ts";
import { RoutingError } from "./errors.ts";
import type { Router, RouterClass, RouterContext } from "./router.ts";
import { type RoutingConfig, RoutingWorker } from "./routing-worker.ts";
import type { WorkerContext } from "./worker.ts";

const dispatchFields = {
  transport_names: {
    type: "names",
    default: [],
    static: true,
    doc: "The transports that messages come from and go to.",
  },
  exposed_names: { type: "names", default: [], static: true, doc: "The names under which applications connect." },
  router_class: {
    type: "class",
    kind: "router",
    required: true,
    static: true,
    doc: "What decides; it reads its own settings beside these.",
  },
} as const;

/** What a dispatcher is configured with, besides what its router reads. */
export type DispatchConfig = RoutingConfig & ConfigOf<typeof dispatchFields>;

/** Makes the router of a dispatcher, once its connectors are known. */
export type RouterFactory = (context: RouterContext) => Router;

/** A dispatcher: transports on one side, applications on the other, a router between them. */
export class DispatchWorker extends RoutingWorker<DispatchConfig> {
  static readonly summary: string = "Passes messages between channels and applications as its router decides.";
  static override readonly fields: ConfigFields = dispatchFields;
  readonly #createRouter: RouterFactory;
  readonly #transports = new Map<string, Connector>();
  readonly #applications = new Map<string, Connector>();
  #router: Router | undefined;

  /** Reads the router's settings, which stand beside the dispatcher's own. */
  static async readParts(
    config: DispatchConfig,
    source: ConfigSource,
    { classes }: { readonly classes: ClassLoader },
  ): Promise<RouterFactory> {
    const routerClass = config.router_class as unknown as RouterClass<unknown> & ConfigurableClass;
    const routerConfig = await readConfig(fieldsOf(routerClass), source, { classes });
    return (context) => new routerClass(routerConfig, context);
  }

  constructor(config: DispatchConfig, context: WorkerContext, createRouter: RouterFactory) {
    super(config, context);
    this.#createRouter = createRouter;
  }

  protected override setupConnectors(): void {
    const router = this.#createRouter(this.#routerContext());
    this.#router = router;
    for (const name of this.config.transport_names) {
      const connector = this.addConnector(name, "receive-inbound");
      connector.setCatchAll(
        "inbound",
        this.routed("inbound", name, (message) => router.dispatchInbound(message, name)),
      );
      connector.setCatchAll(
        "event",
        this.routed("event", name, (event) => router.dispatchEvent(event, name)),
      );
      this.#transports.set(name, connector);
    }
    for (const name of this.config.exposed_names) {
      const connector = this.addConnector(name, "receive-outbound");
      connector.setCatchAll(
        "outbound",
        this.routed("outbound", name, (message) => router.dispatchOutbound(message, name)),
      );
      this.#applications.set(name, connector);
    }
  }

  protected override async setup(): Promise<void> {
    await this.#router?.setup?.();
  }

  protected override async teardown(): Promise<void> {
    await this.#router?.teardown?.();
  }

  #routerContext(): RouterContext {
    const { keyValue, clock, logger } = this.context;
    return {
      transportNames: this.config.transport_names,
      exposedNames: this.config.exposed_names,
      keyValue,
      clock,
      logger,
      publishInbound: (name, message, rule) =>
        this.#find(this.#applications, "exposed_names", name).publish("inbound", message, { rule }),
      publishEvent: (name, event, rule) =>
        this.#find(this.#applications, "exposed_names", name).publish("event", event, { rule }),
      publishOutbound: (name, message, rule) =>
        this.#find(this.#transports, "transport_names", name).publish("outbound", message, { rule }),
    };
  }

  #find(connectors: ReadonlyMap<string, Connector>, list: string, name: string): Connector {
    const connector = connectors.get(name);
    if (connector !== undefined) return connector;
    const expected = [...connectors.keys()].join(", ") || "nothing";
    throw new RoutingError(
      "ROUTER_NO_CONNECTOR",
      `dispatcher ${this.name}: ${list} has ${expected}, a message was routed to ${JSON.stringify(name)}`,
    );
  }
}
