// From the `middleware` list of a configuration to a stack: classes are loaded, each reads the section of its name.

import type { Clock, Logger } from "@switchboard/core";
import type { KeyValue } from "@switchboard/storage";
import { type ConfigFields, type ConfigOf, fieldsOf } from "../config/fields.ts";
import { type ClassLoader, readConfig } from "../config/read-config.ts";
import { ConfigSource } from "../config/source.ts";
import { ConfigError } from "../errors.ts";
import { isJsonObject } from "../message/json.ts";
import type { MessageStore } from "../store/message-store.ts";
import { type Middleware, type MiddlewareEntry, MiddlewareStack, type StepWatch } from "./middleware.ts";

/** What a middleware is given besides its configuration. */
export interface MiddlewareContext {
  /** The instance's name in the configuration. */
  readonly name: string;
  /** The worker's. */
  readonly workerName: string;
  readonly keyValue: KeyValue;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The process's message store, where it has one. */
  readonly messageStore?: MessageStore | undefined;
}

/** A class that makes middlewares. */
export interface MiddlewareClass<Config = never> {
  new (config: Config, context: MiddlewareContext): Middleware;
  readonly fields?: ConfigFields;
}

const entryFields = {
  class: { type: "class", kind: "middleware", required: true, static: true, doc: "The middleware's class." },
  consume_priority: { type: "int", default: 0, static: true, doc: "Lower runs earlier when messages come in." },
  publish_priority: { type: "int", default: 0, static: true, doc: "Lower runs earlier when messages go out." },
} as const;

/** How middlewares are made. */
export interface MiddlewareMaking {
  readonly classes: ClassLoader;
  readonly onWarning?: (warning: string) => void;
  readonly context: (name: string) => MiddlewareContext;
  /** Hears how long each had a message; default nobody. */
  readonly watch?: StepWatch | undefined;
}

/**
 * Makes the stack that `source` lists under `middleware`.
 *
 * @throws {ConfigError} CONFIG_INVALID.
 */
export async function createMiddleware(source: ConfigSource, making: MiddlewareMaking): Promise<MiddlewareStack> {
  const list: unknown = source.values["middleware"];
  const entries: MiddlewareEntry[] = [];
  for (const [index, item] of (Array.isArray(list) ? list : []).entries()) {
    const keys = isJsonObject(item) ? Object.keys(item) : [];
    const [name] = keys;
    if (name === undefined || keys.length > 1) {
      throw new ConfigError(
        "CONFIG_INVALID",
        `middleware[${index}]: expected an object with exactly one key, the middleware's name, got ${keys.length}`,
      );
    }
    entries.push(await createEntry(name, entrySource(source, index, name), { source, making }));
  }
  return new MiddlewareStack(entries, making.watch);
}

async function createEntry(
  name: string,
  entry: ConfigSource,
  { source, making }: { readonly source: ConfigSource; readonly making: MiddlewareMaking },
): Promise<MiddlewareEntry> {
  const { classes, onWarning } = making;
  const options = { classes, ...(onWarning && { onWarning }) };
  const placed: ConfigOf<typeof entryFields> = await readConfig(entryFields, entry, options);
  const made = placed.class as unknown as MiddlewareClass<unknown>;
  const config = await readConfig(fieldsOf(made), source.section(name, [...source.prefix, name]), options);
  return {
    name,
    middleware: new made(config, making.context(name)),
    consumePriority: placed.consume_priority,
    publishPriority: placed.publish_priority,
  };
}

/** `{name: class}` says the same as `{name: {class}}`. */
function entrySource(source: ConfigSource, index: number, name: string): ConfigSource {
  const value: unknown = (source.values["middleware"] as Record<string, unknown>[])[index]?.[name];
  const values = isJsonObject(value) ? value : { class: value };
  return new ConfigSource(values, {
    ...(source.folder === undefined ? {} : { folder: source.folder }),
    prefix: [...source.prefix, "middleware", name],
    locate: (path) => source.locate(["middleware", index, name, ...(isJsonObject(value) ? path : [])]),
  });
}
