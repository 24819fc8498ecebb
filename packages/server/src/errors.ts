// What the server throws, with the number under which each error travels in an `rpc/error` frame. The catalogue's parts are in errors/.

import { type ErrorContext, SwitchboardError } from "@switchboard/core";
import type { ErrorArgs } from "@switchboard/protocol";
import { type AuthErrorCode, authErrors } from "./errors/auth.ts";
import { type ConnectionErrorCode, connectionErrors } from "./errors/connections.ts";
import { type DaemonErrorCode, daemonErrors } from "./errors/daemon.ts";
import { type DatastoreErrorCode, datastoreErrors } from "./errors/datastore.ts";
import { type EventErrorCode, eventErrors } from "./errors/events.ts";
import { type PluginErrorCode, pluginErrors } from "./errors/plugins.ts";
import { type RpcErrorCode, rpcErrors } from "./errors/rpc.ts";
import { type SchemaErrorCode, schemaErrors } from "./errors/schemas.ts";
import { type TaskErrorCode, taskErrors } from "./errors/tasks.ts";
import type { ServerErrorEntry } from "./errors/entry.ts";

export type { ServerErrorEntry };

/** One of the server's error codes. */
export type ServerErrorCode =
  | RpcErrorCode
  | ConnectionErrorCode
  | SchemaErrorCode
  | AuthErrorCode
  | TaskErrorCode
  | DatastoreErrorCode
  | EventErrorCode
  | PluginErrorCode
  | DaemonErrorCode;

/** The server's part of the catalogue. */
export const serverErrors: Readonly<Record<ServerErrorCode, ServerErrorEntry>> = {
  ...rpcErrors,
  ...connectionErrors,
  ...schemaErrors,
  ...authErrors,
  ...taskErrors,
  ...datastoreErrors,
  ...eventErrors,
  ...pluginErrors,
  ...daemonErrors,
};

/** Something the server could not or would not do. */
export class ServerError extends SwitchboardError {
  override name = "ServerError";
  override readonly code: ServerErrorCode;
  /** The number under which this travels in an `rpc/error` frame. */
  readonly errno: number;
  /** What goes into the frame's `extra`; undefined when there is nothing. */
  readonly extra: unknown;

  constructor(code: ServerErrorCode, message: string, context: ErrorContext & { readonly extra?: unknown } = {}) {
    const { extra, ...rest } = context;
    super(serverErrors[code], code, message, rest);
    this.code = code;
    this.errno = serverErrors[code].errno;
    this.extra = extra;
  }

  /** The `args` of the `rpc/error` frame. */
  toArgs(): ErrorArgs {
    const args = { code: this.errno, message: this.message };
    return this.extra === undefined ? args : { ...args, extra: this.extra };
  }
}
