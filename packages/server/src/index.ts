// The server's main door.

export { ServerError, type ServerErrorCode, type ServerErrorEntry, serverErrors } from "./errors.ts";
export { type LimitOptions, type Limits } from "./connections/limits.ts";
export type { AuthOptions, ListenOptions, ServerOptions } from "./options.ts";
export { createServer, type DispatcherServer } from "./server.ts";
