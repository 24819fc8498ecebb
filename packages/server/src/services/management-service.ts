// The service `management`: the server itself, its connections and its log.

import { errno, RpcError } from "@switchboard/protocol";
import type { Caller, Feature, ServiceDefinition } from "../rpc/service.ts";
import { logLevels } from "./log-levels.ts";
import { administrators, integer, text } from "./parameters.ts";
import type { ServerHost } from "./server-host.ts";

const features: readonly Feature[] = ["streaming_responses", "strict_validation", "event_bursts"];

/** The definition of the service. */
export function managementService(host: ServerHost): ServiceDefinition {
  return {
    description: "The server, its connections and its log",
    methods: { ...stateMethods(host), ...connectionMethods(host), ...logMethods(host), ...controlMethods(host) },
  };
}

type Methods = ServiceDefinition["methods"];

function stateMethods({ startedAt, connections, events, plugins, ready }: ServerHost): Methods {
  return {
    status: {
      description: "When the server was started (seconds since 1970), and how many are connected",
      handler: () => ({ "started-at": startedAt / 1000, "connected-clients": connections.size }),
    },
    ping: { description: 'Answers "pong"', handler: () => "pong" },
    wait_ready: {
      description: "Returns when all plugins are loaded",
      handler: async () => {
        await ready;
        return true;
      },
    },
    get_event_sources: { description: "Names of the event sources", handler: () => events.sources() },
    get_plugin_names: { description: "Names of the plugins", handler: () => plugins.list().map(({ name }) => name) },
  };
}

function connectionMethods({ connections, logins }: ServerHost): Methods {
  return {
    get_connected_clients: {
      description: "Who is connected",
      handler: () =>
        connections.list().map(({ resource, principal, address }) => ({
          resource: resource ?? null,
          user: principal?.name ?? null,
          address,
        })),
    },
    kick_session: {
      description: "Ends a session",
      accepts: [integer("id")],
      ...administrators,
      passSender: true,
      handler: async (id: number, sender?: Caller) => {
        const connection = connections.ofSession(id);
        if (connection === undefined) throw new RpcError(errno.ENOENT, `no session ${id} is open`);
        connection.logout(`the session was ended by ${sender?.principal?.name ?? "the server"}`);
        await logins.settled();
        return null;
      },
    },
    get_sender_address: {
      description: "The address of the one who asks",
      unauthenticated: true,
      passSender: true,
      handler: (sender?: Caller) => sender?.address ?? null,
    },
    enable_features: {
      description: "Switches features of this connection on",
      accepts: [{ title: "features", type: "array", items: { type: "string" }, mandatory: true }],
      passSender: true,
      handler: (names: readonly string[], sender?: Caller) => {
        const unknown = names.find((name) => !(features as readonly string[]).includes(name));
        if (unknown !== undefined) {
          throw new RpcError(
            errno.EINVAL,
            `expected ${features.join(", ")}, got ${JSON.stringify(unknown.slice(0, 100))}`,
          );
        }
        for (const name of names) sender?.features.add(name as Feature);
        return null;
      },
    },
    get_enabled_features: {
      description: "Features of this connection that are on",
      passSender: true,
      handler: (sender?: Caller) => [...(sender?.features ?? [])],
    },
    get_available_features: { description: "All features", handler: () => features },
  };
}

function logMethods({ logControl }: ServerHost): Methods {
  return {
    set_logging_level: {
      description: "Sets the least level that is logged",
      accepts: [{ title: "level", enum: Object.keys(logLevels), mandatory: true }],
      ...administrators,
      handler: (level: string) => {
        if (logControl === undefined) throw new RpcError(errno.EOPNOTSUPP, "this server's logger has no level");
        logControl.level = logLevels[level] ?? "info";
        return null;
      },
    },
    get_logging_level: {
      description: "The least level that is logged",
      handler: () => Object.entries(logLevels).find(([, level]) => level === logControl?.level)?.[0] ?? "INFO",
    },
    start_logdb: {
      description: "Does nothing: the log store is open as long as the server is",
      ...administrators,
      handler: () => null,
    },
    stop_logdb: { description: "Does nothing: see start_logdb", ...administrators, handler: () => null },
  };
}

function controlMethods({ plugins, hooks, logger, shutDown }: ServerHost): Methods {
  const stop = {
    ...administrators,
    passSender: true,
    handler: (sender?: Caller) => {
      logger.info({ user: sender?.principal?.name, address: sender?.address }, "the server was asked to stop");
      // The answer goes out first.
      setImmediate(shutDown);
      return null;
    },
  };
  return {
    reload_plugins: {
      description: "Stops and starts all plugins, reads changed files again and finds new ones",
      ...administrators,
      handler: async () => {
        await plugins.reload();
        return null;
      },
    },
    restart: { description: "Does nothing", ...administrators, handler: () => null },
    shutdown: { description: "Stops the server", ...stop },
    die_you_gravy_sucking_pig_dog: { description: "Another name of shutdown", ...stop },
    collect_debug: {
      description: "What a plugin contributes to the debug archive, with secrets masked",
      accepts: [text("plugin")],
      ...administrators,
      handler: async (plugin: string) => {
        const found = await hooks.collectDebug(plugin);
        if (found === undefined) {
          throw new RpcError(errno.ENOENT, `no plugin ${JSON.stringify(plugin.slice(0, 100))} contributes anything`);
        }
        // As JSON, secrets are their masks.
        return JSON.parse(JSON.stringify(found)) as unknown;
      },
    },
  };
}
