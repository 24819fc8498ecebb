// The service `plugin`, by which connected daemons offer services, schemas and event types of their own. All of it goes with the connection.

import { ServerError } from "../errors.ts";
import type { Events } from "../events/index.ts";
import type { JsonSchema, SchemaRegistry } from "../schema/index.ts";
import { isServiceOwner, RoutedService, type ServiceOwner } from "./routed-service.ts";
import type { Caller, ServiceDefinition } from "./service.ts";
import type { ServiceRegistry } from "./service-registry.ts";

/** What the service works on. */
export interface OfferingsOptions {
  readonly services: ServiceRegistry;
  readonly schemas: SchemaRegistry;
  readonly events: Events;
  /** Calls that may wait for one service to be resumed. */
  readonly maxWaitingCalls: number;
}

interface Offered {
  readonly service: RoutedService;
  readonly withdraw: () => void;
}

interface OfferedEventType {
  readonly owner: ServiceOwner;
  readonly withdraw: () => void;
}

const maxPerOwner = 1_000;

/** What connections offer to each other through the server. */
export class Offerings {
  readonly #options: OfferingsOptions;
  readonly #services = new Map<string, Offered>();
  readonly #eventTypes = new Map<string, OfferedEventType>();
  readonly #owners = new WeakSet<ServiceOwner>();

  constructor(options: OfferingsOptions) {
    this.#options = options;
  }

  /**
   * Adds a service of `owner`. One of the same service principal is replaced: the daemon has connected again.
   *
   * @throws {ServerError} RPC_SERVICE_EXISTS, RPC_DEFINITION_INVALID, RPC_CALLS_EXCEEDED.
   */
  registerService(name: string, owner: ServiceOwner): void {
    const { services, maxWaitingCalls } = this.#options;
    const former = this.#services.get(name);
    if (former === undefined && services.has(name)) {
      throw new ServerError("RPC_SERVICE_EXISTS", `there is a service ${name} already`);
    }
    if (former !== undefined && !isSamePrincipal(former.service.owner, owner)) {
      throw new ServerError("RPC_SERVICE_EXISTS", `the service ${name} is offered by somebody else`);
    }
    this.#refuseTooMany(owner);
    if (former !== undefined) this.#withdrawService(name, former);
    const service = new RoutedService(name, owner, { maxWaiting: maxWaitingCalls, carrier: services.dispatcher });
    this.#services.set(name, { service, withdraw: services.attach(service) });
    this.#watch(owner);
    this.#tell("plugin.service_registered", name, owner);
  }

  /** @throws {ServerError} RPC_SERVICE_UNKNOWN, RPC_SERVICE_NOT_OWNED. */
  unregisterService(name: string, owner: ServiceOwner): void {
    this.#withdrawService(name, this.#own(name, owner));
  }

  /** Lets calls through. @throws {ServerError} RPC_SERVICE_UNKNOWN, RPC_SERVICE_NOT_OWNED. */
  resumeService(name: string, owner: ServiceOwner): void {
    this.#own(name, owner).service.resume();
    void this.#options.events.emit("plugin.service_resume", { name });
  }

  /**
   * Adds an event type, whose service is told when somebody begins and ceases to listen.
   *
   * @throws {ServerError} EVENT_TYPE_EXISTS, EVENT_NAME_INVALID, RPC_SERVICE_UNKNOWN, RPC_SERVICE_NOT_OWNED.
   */
  registerEventType(service: string, event: string, owner: ServiceOwner): void {
    this.#own(service, owner);
    this.#refuseTooMany(owner);
    const { services, events } = this.#options;
    const demand = {
      enable: (name: string) => services.call(`${service}.enable`, [name]),
      disable: (name: string) => services.call(`${service}.disable`, [name]),
    };
    this.#eventTypes.set(event, { owner, withdraw: events.registerType(event, { demand, owner }) });
    this.#watch(owner);
  }

  /** @throws {ServerError} RPC_SERVICE_UNKNOWN, RPC_SERVICE_NOT_OWNED. */
  unregisterEventType(event: string, owner: ServiceOwner): void {
    const type = this.#eventTypes.get(event);
    if (type === undefined) {
      throw new ServerError("RPC_SERVICE_UNKNOWN", `no connection offers the event type ${quote(event)}`);
    }
    if (type.owner !== owner) {
      throw new ServerError("RPC_SERVICE_NOT_OWNED", `the event type ${quote(event)} is offered by somebody else`);
    }
    this.#eventTypes.delete(event);
    type.withdraw();
  }

  #own(name: string, owner: ServiceOwner): Offered {
    const offered = this.#services.get(name);
    if (offered === undefined) {
      const isOurs = this.#options.services.has(name);
      if (isOurs) throw new ServerError("RPC_SERVICE_NOT_OWNED", `the service ${name} belongs to the server`);
      throw new ServerError("RPC_SERVICE_UNKNOWN", `no connection offers a service ${quote(name)}`);
    }
    if (offered.service.owner === owner) return offered;
    throw new ServerError("RPC_SERVICE_NOT_OWNED", `the service ${name} is offered by somebody else`);
  }

  #withdrawService(name: string, offered: Offered): void {
    this.#services.delete(name);
    offered.withdraw();
    offered.service.withdraw();
    this.#tell("plugin.service_unregistered", name, offered.service.owner);
  }

  #watch(owner: ServiceOwner): void {
    if (this.#owners.has(owner)) return;
    this.#owners.add(owner);
    owner.onClose(() => this.#forget(owner));
  }

  /** The owner is gone, and everything of its with it; what another connection has taken over stays. */
  #forget(owner: ServiceOwner): void {
    for (const [event, type] of this.#eventTypes) {
      if (type.owner !== owner) continue;
      this.#eventTypes.delete(event);
      type.withdraw();
    }
    for (const [name, offered] of this.#services) {
      if (offered.service.owner === owner) this.#withdrawService(name, offered);
    }
  }

  #refuseTooMany(owner: ServiceOwner): void {
    let count = 0;
    for (const { service } of this.#services.values()) if (service.owner === owner) count++;
    for (const type of this.#eventTypes.values()) if (type.owner === owner) count++;
    if (count < maxPerOwner) return;
    throw new ServerError(
      "RPC_CALLS_EXCEEDED",
      `a connection may offer at most ${maxPerOwner} services and event types`,
    );
  }

  #tell(event: string, name: string, { address }: ServiceOwner): void {
    const what = event.endsWith("unregistered") ? "withdrawn" : "offered";
    const args = { address, "service-name": name, description: `service ${name} ${what} by ${address}` };
    void this.#options.events.emit(event, args);
  }
}

/** The definition of the service `plugin`. */
export function pluginService(offerings: Offerings, { services, schemas }: OfferingsOptions): ServiceDefinition {
  const name = { title: "name", type: "string", mandatory: true } as const;
  const owned = { passSender: true, roles: ["service"] } as const;
  const schemaOwners = new WeakSet<Caller>();
  return {
    description: "Lets connected daemons offer services, schemas and events",
    methods: {
      register_service: {
        ...owned,
        description: "Announces a service; calls wait until it is resumed",
        accepts: [name],
        handler: (service: string, sender?: Caller) => offerings.registerService(service, ownerOf(sender)),
      },
      unregister_service: {
        ...owned,
        description: "Withdraws a service",
        accepts: [name],
        handler: (service: string, sender?: Caller) => offerings.unregisterService(service, ownerOf(sender)),
      },
      resume_service: {
        ...owned,
        description: "Lets calls through to a service",
        accepts: [name],
        handler: (service: string, sender?: Caller) => offerings.resumeService(service, ownerOf(sender)),
      },
      register_schema: {
        ...owned,
        description: "Adds a named schema definition, which goes with the connection",
        accepts: [name, { title: "schema", type: ["object", "boolean"], mandatory: true }],
        handler: (definition: string, schema: JsonSchema, sender?: Caller) => {
          const owner = ownerOf(sender);
          schemas.register(definition, schema, { owner, foreign: true });
          if (schemaOwners.has(owner)) return;
          schemaOwners.add(owner);
          owner.onClose(() => schemas.unregisterAll(owner));
        },
      },
      unregister_schema: {
        ...owned,
        description: "Removes a named schema definition",
        accepts: [name],
        handler: (definition: string, sender?: Caller) => schemas.unregister(definition, { owner: ownerOf(sender) }),
      },
      register_event_type: {
        ...owned,
        description: "Announces a type of events of a service",
        accepts: [
          { ...name, title: "service" },
          { ...name, title: "event" },
        ],
        handler: (service: string, event: string, sender?: Caller) =>
          offerings.registerEventType(service, event, ownerOf(sender)),
      },
      unregister_event_type: {
        ...owned,
        description: "Withdraws a type of events",
        accepts: [{ ...name, title: "event" }],
        handler: (event: string, sender?: Caller) => offerings.unregisterEventType(event, ownerOf(sender)),
      },
      wait_for_service: {
        description: "Returns when there is a service of that name, or when the time (seconds) is over",
        accepts: [name, { title: "timeout", type: ["number", "null"], minimum: 0 }],
        handler: async (service: string, seconds?: number | null) => {
          await services.waitFor(service, seconds === undefined || seconds === null ? undefined : seconds * 1000);
          return null;
        },
      },
    },
  };
}

function ownerOf(sender: Caller | undefined): ServiceOwner {
  if (isServiceOwner(sender)) return sender;
  throw new ServerError("RPC_DEFINITION_INVALID", "services are offered over a connection that can be called back");
}

function isSamePrincipal(a: ServiceOwner, b: ServiceOwner): boolean {
  if (a === b) return true;
  const [first, second] = [a.principal, b.principal];
  return first?.kind === "service" && second?.kind === "service" && first.name === second.name;
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}
