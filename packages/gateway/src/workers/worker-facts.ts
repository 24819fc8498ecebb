// What a worker's class and options say about it without starting it: what kind of part it is, and whom it is connected to.

import { kindOfWorker, type WorkerKind } from "@switchboard/messaging";
import { type ConfigFields, type ConfigurableClass, fieldsOf, type LoadedClass } from "@switchboard/messaging/config";

/** What is known of a worker without starting it. */
export interface WorkerFacts {
  readonly kind: WorkerKind;
  readonly fields: ConfigFields;
  /** Names of connectors on the side of people, and on the side of programs. */
  readonly towardsPeople: readonly string[];
  readonly towardsPrograms: readonly string[];
}

/** The facts of a worker of that class with those options; of one whose class cannot be loaded, as if it had no connectors. */
export function factsOf(loaded: LoadedClass | undefined, config: Readonly<Record<string, unknown>>): WorkerFacts {
  if (loaded === undefined) return { kind: "worker", fields: {}, towardsPeople: [], towardsPrograms: [] };
  const kind = kindOfWorker(loaded);
  const own = textsOf(config["transport_name"]);
  const fields = fieldsOf(loaded as ConfigurableClass);
  if (kind === "channel") return { kind, fields, towardsPeople: [], towardsPrograms: own };
  if (kind === "application") return { kind, fields, towardsPeople: own, towardsPrograms: [] };
  if (kind === "worker") return { kind, fields, towardsPeople: [], towardsPrograms: [] };
  return {
    kind,
    fields,
    towardsPeople: textsOf(config["transport_names"] ?? config["receive_inbound_connectors"]),
    towardsPrograms: textsOf(config["exposed_names"] ?? config["receive_outbound_connectors"]),
  };
}

function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
