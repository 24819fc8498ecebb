// Asks a router where it would send messages without sending them: a router of its own, made from a configuration, whose ways out only note
// what came. What routers remember (groups, who sent what) is empty here, so routers that go by memory answer for people they do not know.

import { type Clock, silentLogger, systemClock } from "@switchboard/core";
import { openKeyValue } from "@switchboard/storage";
import { type ConfigFields, fieldsOf, type LoadedClass } from "../config/fields.ts";
import { type ClassLoader, readConfig } from "../config/read-config.ts";
import type { ConfigSource } from "../config/source.ts";
import { endpointOf } from "../message/envelope.ts";
import type { UserMessage } from "../message/user-message.ts";
import { type DispatchConfig, DispatchWorker } from "../worker/dispatch-worker.ts";
import { NoRoute } from "../worker/errors.ts";
import type { Router, RouterContext, RoutingRules } from "../worker/router.ts";
import { RoutingTableDispatcher } from "./routing-table-dispatcher.ts";

/** Where a message would go. */
export interface DryTarget {
  readonly connector: string;
  readonly endpoint: string;
  /** The number of the rule that decided, where rules decide. */
  readonly rule: number | undefined;
}

/** What would become of a message. */
export interface DryRoute {
  readonly targets: readonly DryTarget[];
  /** Why it would go nowhere; undefined when it would not. */
  readonly problem: string | undefined;
}

/** A router that is only asked. */
export interface DryRouter {
  /** What it decides by; undefined for a router that decides by no rules. */
  readonly rules: RoutingRules | undefined;
  /** Where a message that came from the connector `source` would go. */
  route(message: UserMessage, source: string): Promise<DryRoute>;
  close(): Promise<void>;
}

/**
 * Makes a router to be asked from a dispatcher's class and configuration; undefined when the class is no dispatcher of ours.
 *
 * @throws {ConfigError} CONFIG_INVALID; {@link ClassError}; {@link RoutingError} ROUTER_CONFIG_INVALID.
 */
export async function openDryRouter(
  plan: { readonly className: string; readonly source: ConfigSource },
  { classes, clock = systemClock }: { readonly classes: ClassLoader; readonly clock?: Clock },
): Promise<DryRouter | undefined> {
  const { source, className } = plan;
  const folder = source.folder === undefined ? {} : { folder: source.folder };
  const loaded = await classes.load(className, { kind: "worker", ...folder });
  const config = await readConfig(fieldsOf(loaded as { readonly fields?: ConfigFields }), source, { classes });
  if (isOrExtends(loaded, DispatchWorker))
    return openClassic(config as unknown as DispatchConfig, source, { classes, clock });
  if (isOrExtends(loaded, RoutingTableDispatcher)) return tableRouter(RoutingTableDispatcher.rulesOf(config as never));
  return undefined;
}

function isOrExtends(candidate: LoadedClass, base: LoadedClass): boolean {
  return candidate === base || candidate.prototype instanceof base;
}

async function openClassic(
  config: DispatchConfig,
  source: ConfigSource,
  { classes, clock }: { readonly classes: ClassLoader; readonly clock: Clock },
): Promise<DryRouter> {
  const create = await DispatchWorker.readParts(config, source, { classes });
  const keyValue = await openKeyValue({ driver: "memory", clock });
  let targets: DryTarget[] = [];
  const note = (
    connector: string,
    message: Parameters<typeof endpointOf>[0],
    rule: number | undefined,
  ): Promise<void> => {
    targets.push({ connector, endpoint: endpointOf(message), rule });
    return Promise.resolve();
  };
  const context: RouterContext = {
    transportNames: config.transport_names,
    exposedNames: config.exposed_names,
    keyValue,
    clock,
    logger: silentLogger,
    publishInbound: note,
    publishEvent: note,
    publishOutbound: note,
  };
  let router: Router;
  try {
    router = create(context);
  } catch (error) {
    await keyValue.close();
    throw error;
  }
  // One message after the other, as there is one list of targets.
  let turn: Promise<unknown> = Promise.resolve();
  const routeOne = async (message: UserMessage, from: string): Promise<DryRoute> => {
    targets = [];
    try {
      await router.dispatchInbound(message, from);
      return { targets, problem: undefined };
    } catch (error) {
      return { targets, problem: error instanceof Error ? error.message : String(error) };
    }
  };
  return {
    rules: router.rules?.(),
    route: (message, from) => {
      const routed = turn.then(() => routeOne(message, from));
      turn = routed;
      return routed;
    },
    close: async () => {
      await router.teardown?.();
      await keyValue.close();
    },
  };
}

function tableRouter(table: RoutingRules): DryRouter {
  return {
    rules: table,
    route: (message, from) => {
      const rule = table.rules.find((one) => one.mismatch(message, from) === undefined);
      if (rule === undefined)
        return Promise.resolve({ targets: [], problem: new NoRoute("no row of routing_table fits").message });
      const [connector = "", endpoint = "default"] = rule.target.split(" ");
      return Promise.resolve({ targets: [{ connector, endpoint, rule: rule.number }], problem: undefined });
    },
    close: () => Promise.resolve(),
  };
}
