// A worker's options as they may be shown, and back: values that its classes declare as secret, or that are called like one, are masked, and so are
// the passwords inside addresses. What a caller gives back masked keeps its present value.

import { type ConfigFields, type ConfigurableClass, fieldsOf, type ValueType } from "@switchboard/messaging/config";
import type { ClassLoader } from "@switchboard/messaging/config";
import { maskedText as masked, maskUrls } from "@switchboard/protocol";
import { isSecretName } from "../observe/redact.ts";

/** Any object of a configuration. */
export type Options = Readonly<Record<string, unknown>>;

/** What is to be known of a worker to mask its options. */
export interface MaskedWorker {
  readonly className: string;
  readonly config: Options;
  /** What relative names of classes are relative to. */
  readonly folder?: string | undefined;
}

/** Everything that the classes named by a worker declare: its own, its router's, and those of its middleware under their names. */
export async function declaredFields(
  { className, config, folder }: MaskedWorker,
  classes: ClassLoader,
): Promise<ConfigFields> {
  const fieldsOfClass = async (name: unknown, kind: string): Promise<ConfigFields> => {
    if (typeof name !== "string") return {};
    try {
      const loaded = await classes.load(name, { kind, ...(folder !== undefined && { folder }) });
      return fieldsOf(loaded as ConfigurableClass);
    } catch {
      // The worker's own state says that its class cannot be loaded; names still tell secrets.
      return {};
    }
  };
  const list: readonly unknown[] = Array.isArray(config["middleware"]) ? config["middleware"] : [];
  const middleware = list.filter(isOptions).flatMap((entry) => Object.entries(entry));
  const sections = middleware.map(async ([name, value]) => {
    const fields = await fieldsOfClass(isOptions(value) ? value["class"] : value, "middleware");
    return [name, { type: "section", fields, doc: "" }] as const;
  });
  return {
    ...Object.fromEntries(await Promise.all(sections)),
    ...(await fieldsOfClass(config["router_class"], "router")),
    ...(await fieldsOfClass(className, "worker")),
  };
}

/** Options as they may be shown. */
export function maskedOptions(options: Options, fields: ConfigFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      const isSecret = field?.secret === true || (isSecretName(name) && field?.secret !== false);
      if (isSecret && value !== null && value !== "") return [name, masked];
      return [name, maskedValue(value, field)];
    }),
  );
}

function maskedValue(value: unknown, type: ValueType | undefined): unknown {
  if (typeof value === "string") return maskUrls(value);
  if (Array.isArray(value)) {
    const of = type?.type === "list" ? type.of : undefined;
    return value.map((item) => maskedValue(item, of));
  }
  if (!isOptions(value)) return value;
  if (type?.type !== "dict") return maskedOptions(value, type?.type === "section" ? type.fields : {});
  const fields = type.of === undefined ? {} : Object.fromEntries(Object.keys(value).map((key) => [key, type.of]));
  return maskedOptions(value, fields as ConfigFields);
}

/** The options that a caller means who was shown {@link maskedOptions} of `present`: what is still masked keeps its present value. */
export function unmaskedOptions(given: Options, present: Options): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, unmaskedValue(value, present[name])]));
}

function unmaskedValue(given: unknown, present: unknown): unknown {
  if (given === masked) return present;
  if (typeof given === "string") {
    return typeof present === "string" && maskUrls(present) === given ? present : given;
  }
  if (isOptions(given) && isOptions(present)) return unmaskedOptions(given, present);
  if (!Array.isArray(given) || !Array.isArray(present)) return given;
  // Items may have been moved: the one that looks like it is the one that is meant, else the one in its place.
  return given.map((item: unknown, index) => {
    const same = present.find((one: unknown) => looksLike(item, one));
    return unmaskedValue(item, same ?? present[index]);
  });
}

/** True when `given` may be `present`, masked. */
function looksLike(given: unknown, present: unknown): boolean {
  if (given === masked) return true;
  if (typeof given === "string") return typeof present === "string" && maskUrls(present) === given;
  if (Array.isArray(given)) {
    return (
      Array.isArray(present) &&
      given.length === present.length &&
      given.every((item, index) => looksLike(item, present[index]))
    );
  }
  if (!isOptions(given)) return given === present;
  if (!isOptions(present)) return false;
  const keys = Object.keys(given);
  return keys.length === Object.keys(present).length && keys.every((key) => looksLike(given[key], present[key]));
}

/** True for an object of a configuration: no list, and not nothing. */
export function isOptions(value: unknown): value is Options {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
