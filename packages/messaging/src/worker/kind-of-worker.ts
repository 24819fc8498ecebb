// What kind of part a worker is, as people speak of it. Told from its class, since every worker extends one of the bases.

import { Application } from "./application.ts";
import { RoutingWorker } from "./routing-worker.ts";
import { Transport } from "./transport.ts";

/** A transport with its address is a channel; a dispatcher is a router; all that is neither, nor an application, is just a worker. */
export type WorkerKind = "channel" | "router" | "application" | "worker";

/** The kind of workers that a class makes. */
export function kindOfWorker({ prototype }: { readonly prototype: unknown }): WorkerKind {
  if (prototype instanceof Transport) return "channel";
  if (prototype instanceof RoutingWorker) return "router";
  return prototype instanceof Application ? "application" : "worker";
}
