// The service `rpc`: what JSON-RPC clients need besides the services themselves. `rpc.discover` is OpenRPC's own name for it.

import type { ConnectionTable } from "./connection-table.ts";
import { LocalService, type MethodEntry } from "../rpc/local-service.ts";
import type { Caller, ServiceDefinition } from "../rpc/service.ts";
import type { ServiceRegistry } from "../rpc/service-registry.ts";
import type { SchemaRegistry } from "../schema/index.ts";

/** What the service tells about. */
export interface RpcServiceOptions {
  readonly services: ServiceRegistry;
  readonly schemas: SchemaRegistry;
  readonly connections: Pick<ConnectionTable, "of">;
}

/** The definition of the service. */
export function rpcService(options: RpcServiceOptions): ServiceDefinition {
  const masks = { title: "masks", type: "array", items: { type: "string" }, mandatory: true } as const;
  return {
    description: "API description and event subscriptions for JSON-RPC clients",
    methods: {
      discover: {
        description: "The API as an OpenRPC document: the methods that the caller may call",
        accepts: [],
        returns: { type: "object" },
        passSender: true,
        handler: (sender?: Caller) => openRpcDocument(options, sender),
      },
      subscribe: {
        description: "Adds event masks to this connection; events come as notifications named event",
        accepts: [masks],
        passSender: true,
        handler: (added: readonly string[], sender?: Caller) => {
          if (sender !== undefined) options.connections.of(sender)?.subscription.subscribe(added);
          return null;
        },
      },
      unsubscribe: {
        description: "Removes exactly these event masks from this connection",
        accepts: [masks],
        passSender: true,
        handler: (removed: readonly string[], sender?: Caller) => {
          if (sender !== undefined) options.connections.of(sender)?.subscription.unsubscribe(removed);
          return null;
        },
      },
    },
  };
}

/** An OpenRPC 1.3 document of the methods that `caller` may call; services of other connections are left out. */
function openRpcDocument(
  { services, schemas }: Pick<RpcServiceOptions, "services" | "schemas">,
  caller: Caller | undefined,
): object {
  const methods = services.names().flatMap((name) => {
    const service = services.get(name);
    if (!(service instanceof LocalService)) return [];
    const entries = service.entries(caller).filter(({ allowed }) => allowed);
    return entries.map((entry) => toMethod(name, entry));
  });
  return {
    openrpc: "1.3.2",
    info: { title: "Switchboard", version: schemas.hash().slice(0, 16) },
    methods,
    components: { schemas: schemas.document()["definitions"] },
  };
}

function toMethod(service: string, entry: MethodEntry): object {
  const { items = [] } = (entry["params-schema"] ?? {}) as { readonly items?: readonly unknown[] };
  return {
    name: `${service}.${entry.name}`,
    ...(entry.description === undefined ? undefined : { summary: entry.description }),
    tags: [{ name: service }],
    paramStructure: items.length === 0 ? "by-position" : "either",
    params: items.map((schema, index) => {
      const { title, mandatory } = (typeof schema === "object" && schema !== null ? schema : {}) as Record<
        string,
        unknown
      >;
      return { name: typeof title === "string" ? title : `arg${index}`, required: mandatory === true, schema };
    }),
    result: { name: "result", schema: entry["result-schema"] ?? true },
  };
}
