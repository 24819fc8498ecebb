// The server's main door.

export { ServerError, type ServerErrorCode, type ServerErrorEntry, serverErrors } from "./errors.ts";
