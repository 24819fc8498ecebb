// What follows from a failed delivery: the record it leaves, and whether the message is tried again, when, or parked.

import type { DeliveryFailure } from "./bus.ts";
import type { ResolvedConsumeOptions } from "./options.ts";

/** What to do with a message whose delivery failed. */
export type Verdict = { readonly park: true } | { readonly park: false; readonly delayMs: number };

const maxMessageLength = 1_000;

/**
 * Decides about a message whose delivery number `attempt` failed with `error`.
 *
 * Units: `delayMs` is `retryDelayMs` after the first delivery and grows by `retryFactor` with each further one, up to `maxRetryDelayMs`.
 */
export function judgeFailure(error: unknown, attempt: number, options: ResolvedConsumeOptions): Verdict {
  if (isFinal(error) || attempt >= options.maxDeliveries) return { park: true };
  const delayMs = Math.round(options.retryDelayMs * options.retryFactor ** (attempt - 1));
  return { park: false, delayMs: Math.min(delayMs, options.maxRetryDelayMs) };
}

/** The record that a failed delivery leaves in the history of its message. */
export function describeFailure(error: unknown, attempt: number, at: number): DeliveryFailure {
  if (!(error instanceof Error)) {
    return { at, attempt, name: typeof error, code: undefined, message: shorten(printable(error)) };
  }
  const { code } = error as { code?: unknown };
  return {
    at,
    attempt,
    name: shorten(error.name),
    code: typeof code === "string" ? shorten(code) : undefined,
    message: shorten(error.message),
  };
}

/** The record of a delivery whose consumer died: the process was killed, or the connection cut, before the handler settled. */
export function describeLostConsumer(attempt: number, at: number): DeliveryFailure {
  return {
    at,
    attempt,
    name: "ConsumerLost",
    code: "BUS_CONSUMER_LOST",
    message: "the process that handled the message ended, or lost its connection, before the handler was done",
  };
}

function isFinal(error: unknown): boolean {
  return typeof error === "object" && error !== null && (error as { retryable?: unknown }).retryable === false;
}

// A thrown value may be anything, also an object that cannot be turned into text.
function printable(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "a value that has no text form";
  }
}

function shorten(text: string): string {
  return text.length <= maxMessageLength ? text : `${text.slice(0, maxMessageLength - 1)}…`;
}
