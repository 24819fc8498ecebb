// The service `discovery`: what can be called, submitted and listened to, with schemas. What tasks and events there are is told by their owners.

import { RpcError } from "@switchboard/protocol";
import { ServerError } from "../errors.ts";
import type { SchemaRegistry } from "../schema/index.ts";
import { LocalService, type MethodEntry } from "./local-service.ts";
import type { Caller, ServiceDefinition } from "./service.ts";
import type { ServiceRegistry } from "./service-registry.ts";

/** What discovery tells about. */
export interface DiscoverySources {
  readonly services: ServiceRegistry;
  readonly schemas: SchemaRegistry;
  /** Task name → `{description, schema, abortable, private, metadata}`. */
  readonly tasks: (caller: Caller | undefined) => unknown;
  /** Event name → `{refcount, source?, event_schema?}`. */
  readonly eventTypes: (caller: Caller | undefined) => unknown;
}

/** The definition of the service. */
export function discoveryService({ services, schemas, tasks, eventTypes }: DiscoverySources): ServiceDefinition {
  const get_methods = async (service: string, sender?: Caller): Promise<readonly MethodEntry[]> =>
    methodsOf(services, service, sender);
  return {
    description: "Tells which services, methods, tasks, events and schemas there are",
    methods: {
      get_services: {
        description: "Names of all services",
        accepts: [],
        returns: { type: "array", items: { type: "string" } },
        handler: () => services.names(),
      },
      get_methods: {
        description: "The methods of a service, with schemas, needed roles and whether the caller has them",
        accepts: [{ title: "service", type: "string", mandatory: true }],
        returns: { type: "array", items: { type: "object" } },
        passSender: true,
        handler: get_methods,
      },
      get_tasks: {
        description: "All kinds of tasks by name",
        accepts: [],
        returns: { type: "object" },
        passSender: true,
        handler: tasks,
      },
      get_event_types: {
        description: "All types of events by name",
        accepts: [],
        returns: { type: "object" },
        passSender: true,
        handler: eventTypes,
      },
      get_schema: {
        description: "All named schema definitions in one document",
        accepts: [],
        returns: { type: "object" },
        handler: () => schemas.document(),
      },
      get_schema_hash: {
        description: "SHA-256 of the document of schema definitions, in hexadecimal",
        accepts: [],
        returns: { type: "string" },
        handler: () => schemas.hash(),
      },
    },
  };
}

/** The methods of a service as `caller` sees them. @throws {ServerError} RPC_SERVICE_UNKNOWN. */
export async function methodsOf(
  services: ServiceRegistry,
  name: string,
  caller: Caller | undefined,
): Promise<readonly MethodEntry[]> {
  const service = services.get(name);
  if (service === undefined) {
    throw new ServerError("RPC_SERVICE_UNKNOWN", `there is no service ${JSON.stringify(name.slice(0, 100))}`);
  }
  if (service instanceof LocalService) return service.entries(caller);
  return readEntries(name, await services.call(`${name}.enumerate_methods`, [], { caller }));
}

// What the owner of a routed service says is not to be trusted with our shapes.
function readEntries(service: string, answer: unknown): readonly MethodEntry[] {
  if (!Array.isArray(answer)) throw new RpcError(22, `${service}.enumerate_methods: expected an array`);
  const entries: MethodEntry[] = [];
  for (const entry of answer as readonly unknown[]) {
    if (typeof entry !== "object" || entry === null || !("name" in entry) || typeof entry.name !== "string") continue;
    const isPrivate = "private" in entry && entry.private === true;
    entries.push({ ...entry, name: entry.name, private: isPrivate, roles: [], allowed: true });
  }
  return entries;
}
