// The arguments of a method: their schemas in order, what they may complete to, which are dangerous to call. Pure but for names that exist.

import { typeOf } from "../../parts/form-model.ts";
import { workers } from "../../services/live.ts";
import type { MethodInfo, Schema } from "../../services/types.ts";

/** The schemas of a method's arguments, in order. */
export function argumentsOf(method: MethodInfo): readonly Schema[] {
  const given = method["params-schema"];
  if (given === undefined) return [];
  if (isList(given)) return given;
  const items = given.prefixItems ?? given.items ?? [];
  return isList(items) ? items : [items];
}

function isList(value: Schema | readonly Schema[] | object): value is readonly Schema[] {
  return Array.isArray(value);
}

/** Whether an argument must be given. */
export function isNeeded(schema: Schema): boolean {
  return schema.mandatory ?? (schema.default === undefined && !typeOf(schema).isNullable);
}

/** Arguments that were not given are left out from the end. */
export function trimmed(args: readonly unknown[]): readonly unknown[] {
  const last = args.findLastIndex((arg) => arg !== null);
  return args.slice(0, last + 1);
}

/** Names of what the service is about, for its argument `name`; undefined for any other. */
export function ownNames(service: string, { title = "" }: Schema): readonly string[] | undefined {
  const all = workers.value ?? [];
  const kind = service.replace(/s$/, "");
  if (title !== "name") return undefined;
  if (service === "workers" || service === "config") return all.map(({ name }) => name);
  const own = all.filter((worker) => worker.kind === kind);
  return own.length === 0 ? undefined : own.map(({ name }) => name);
}

/** Whether a call takes something away that does not come back by itself. */
export function isDangerous(name: string): boolean {
  return /shutdown|gravy|restart|delete|remove|drop|unload|kick|suspend/.test(name);
}
