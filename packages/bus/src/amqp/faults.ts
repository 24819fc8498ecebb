// What RabbitMQ refuses, and how that is told: AMQP reply codes in, bus errors out. Used by everything that talks to the broker.

import { BusError } from "../errors.ts";

/** The reply codes that a client can meet (AMQP 0-9-1 §1.2; 541 and 530 as RabbitMQ uses them). */
export const replyCode = {
  accessRefused: 403,
  notFound: 404,
  resourceLocked: 405,
  preconditionFailed: 406,
} as const;

const conflicts: ReadonlySet<number> = new Set([
  replyCode.notFound,
  replyCode.resourceLocked,
  replyCode.preconditionFailed,
]);

/** The reply code with which the broker closed a channel; undefined if it was something else, such as a lost connection. */
export function replyCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === "number" ? code : undefined;
}

/** What the broker said, or the error's own text. Brokers do not repeat credentials. */
export function faultText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error for a declaration of `what` (e.g. `queue "a.inbound"`) that the broker refused. */
export function declarationError(error: unknown, what: string): BusError {
  const isConflict = conflicts.has(replyCodeOf(error) ?? 0);
  const code = isConflict ? "BUS_DECLARATION_CONFLICT" : "BUS_BROKER_REFUSED";
  return new BusError(code, `${what}: ${faultText(error)}`, { cause: error, details: { what } });
}

/** The error that every call gets once the bus was closed. */
export function closedError(): BusError {
  return new BusError("BUS_CLOSED", "the bus is closed");
}
