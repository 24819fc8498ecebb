// What a run tells its worker processes when it starts them.

/** How a worker gets at the bus: by itself, or through the process that owns it. */
export type Reach = { readonly kind: "amqp"; readonly url: string } | { readonly kind: "owner"; readonly port: number };

/** A bug that is planted in the bus, to see whether the harness finds it. */
export type Fault = "none" | "acknowledges before handling" | "resolves before safe";

/** What producers and consumers are told. */
export interface WorkerSettings {
  readonly reach: Reach;
  readonly fault: Fault;
  readonly seed: number;
  /** This process's number, different from any other's in the run. */
  readonly worker: number;
  /** Where it writes down what it did. */
  readonly ledger: string;
  /** All queues of the run. */
  readonly queues: readonly string[];
  /** The queue that a consumer consumes: its place in the list. */
  readonly queue: number;
}

/** What the owner of an embedded bus is told. */
export interface OwnerSettings {
  readonly engine: "embedded" | "memory";
  /** Where it listens for workers. */
  readonly port: number;
  /** Where the bus keeps its files. */
  readonly folder: string;
  readonly fault: Fault;
}

/** Reads the settings that this process was started with. */
export function readSettings(): unknown {
  return JSON.parse(process.argv[2] ?? "{}");
}
