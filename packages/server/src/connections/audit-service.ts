// The service `audit`: looking up who did what.

import type { QueryFilter, QueryParams } from "@switchboard/protocol";
import type { Datastore } from "../datastore/index.ts";
import { queryParameters } from "../rpc/decorators.ts";
import type { ServiceDefinition } from "../rpc/service.ts";

/** The definition of the service, for administrators. */
export function auditService(logStore: Datastore): ServiceDefinition {
  return {
    description: "The record of logins, and of calls that only some may make",
    private: true,
    methods: {
      query: {
        ...queryParameters,
        description: "Entries of the record",
        audit: false,
        handler: (filter?: QueryFilter, params?: QueryParams | null) =>
          logStore.query("audit", filter ?? [], params ?? {}),
      },
    },
  };
}
