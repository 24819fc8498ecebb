// The service `syslog`: the latest lines of the server's log.

import type { QueryFilter, QueryParams } from "@switchboard/protocol";
import { queryList } from "../datastore/index.ts";
import { queryParameters } from "../rpc/decorators.ts";
import type { ServiceDefinition } from "../rpc/service.ts";
import type { LogRing } from "./log-ring.ts";
import { administrators } from "./parameters.ts";

/** The definition of the service. */
export function syslogService(ring: LogRing): ServiceDefinition {
  return {
    description: "The latest lines of the log",
    ...administrators,
    methods: {
      query: {
        ...queryParameters,
        description: "Lines, oldest first",
        handler: (filter?: QueryFilter, params?: QueryParams | null) =>
          queryList(ring.entries(), filter ?? null, params ?? null),
      },
    },
  };
}
