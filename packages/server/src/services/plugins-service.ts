// The service `plugins`: the plugins of the server, to be seen and reloaded. (`plugin` is what connected daemons offer their services by.)

import type { QueryFilter, QueryParams } from "@switchboard/protocol";
import { queryList } from "../datastore/index.ts";
import type { PluginManager } from "../plugins/index.ts";
import { queryParameters } from "../rpc/decorators.ts";
import type { MethodDefinition, ServiceDefinition } from "../rpc/service.ts";
import { administrators, text } from "./parameters.ts";

/** The definition of the service. */
export function pluginsService(plugins: PluginManager): ServiceDefinition {
  const change = (description: string, work: (name: string) => Promise<void>): MethodDefinition => ({
    ...administrators,
    description,
    accepts: [text("name")],
    handler: async (name: string) => {
      await work(name);
      return plugins.list().find((plugin) => plugin.name === name) ?? null;
    },
  });
  return {
    description: "Plugins",
    methods: {
      query: {
        ...queryParameters,
        ...administrators,
        description: "The plugins: state, error, file, what they require and have registered",
        handler: (filter?: QueryFilter, params?: QueryParams | null) =>
          queryList(plugins.list(), filter ?? null, params ?? null),
      },
      list: { ...administrators, description: "All plugins", handler: () => plugins.list() },
      load: change("Starts a plugin and those it requires", (name) => plugins.load(name)),
      unload: change("Stops a plugin and those that require it", (name) => plugins.unload(name)),
      reload: change("Stops and starts a plugin, reading changed files again", (name) => plugins.reload(name)),
    },
  };
}
