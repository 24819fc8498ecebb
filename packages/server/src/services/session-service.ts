// The service `session`: the record of logins, who is logged in now, and messages between people.

import { errno, type QueryFilter, type QueryParams, RpcError } from "@switchboard/protocol";
import type { ManagedConnection } from "../connections/connection-table.ts";
import { queryParameters } from "../rpc/decorators.ts";
import type { Caller, ServiceDefinition } from "../rpc/service.ts";
import { integer, text } from "./parameters.ts";
import type { ServerHost } from "./server-host.ts";

/** The definition of the service. */
export function sessionService({ connections, events, logStore }: ServerHost): ServiceDefinition {
  return {
    description: "Logins, past and present",
    methods: {
      query: {
        ...queryParameters,
        description: "The record of sessions",
        handler: (filter?: QueryFilter, params?: QueryParams | null) =>
          logStore.query("sessions", filter ?? null, params ?? null),
      },
      get_live_user_sessions: {
        description: "Sessions of users that are open now",
        handler: () =>
          connections
            .list()
            .filter(({ principal }) => principal?.kind === "user")
            .map(toSession),
      },
      get_my_session_id: {
        description: "The number of this session",
        passSender: true,
        handler: (sender?: Caller) => sender?.sessionId ?? null,
      },
      whoami: {
        description: "The name under which this connection is logged in",
        passSender: true,
        handler: (sender?: Caller) => sender?.principal?.name ?? null,
      },
      send_to_session: {
        description: "Sends a text to one session, as event session.message",
        accepts: [integer("id"), text("message")],
        passSender: true,
        handler: (id: number, content: string, sender?: Caller) => {
          const target = connections.ofSession(id);
          if (target === undefined) throw new RpcError(errno.ENOENT, `no session ${id} is open`);
          events.sendTo(target, "session.message", messageFrom(sender, content));
          return null;
        },
      },
      send_to_all: {
        description: "Sends a text to everybody, as event session.message",
        accepts: [text("message")],
        passSender: true,
        handler: async (content: string, sender?: Caller) => {
          await events.emit("session.message", messageFrom(sender, content));
          return null;
        },
      },
    },
  };
}

function toSession({ sessionId, principal, address, resource }: ManagedConnection): Record<string, unknown> {
  return { id: sessionId ?? null, username: principal?.name ?? null, address, resource: resource ?? null };
}

function messageFrom(sender: Caller | undefined, message: string): Record<string, unknown> {
  return { sender_id: sender?.sessionId ?? null, sender_name: sender?.principal?.name ?? null, message };
}
