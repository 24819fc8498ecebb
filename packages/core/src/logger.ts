/**
 * Where a part writes what an operator should know. A pino logger is one.
 *
 * Fields first, then the sentence: `logger.warn({ queue, id }, "message parked")`. Never put secrets or message content in either.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const ignore = (): void => undefined;

/** Writes nothing. The default wherever a logger may be given. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
