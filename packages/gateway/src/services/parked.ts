// Parked messages: grouped by what they failed with, chosen by cause or id, put back or dropped some at a time.

import type { Bus, DeliveryFailure, ParkedMessage } from "@switchboard/bus";
import { redactText } from "../observe/redact.ts";
import { summaryOf } from "./bodies.ts";
import { date, invalid } from "./common.ts";
import { knownError } from "./known-errors.ts";

/** Which parked messages of a queue are meant; all of them when nothing else is said. */
export interface ParkedChoice {
  readonly queue: string;
  readonly cause?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  /** Only those set aside longer ago. */
  readonly older_than_ms?: number | undefined;
  /** Only those set aside since. */
  readonly newer_than_ms?: number | undefined;
}

/** Parked messages of one queue that failed alike. */
export interface ParkedCause {
  /** Stands for the group; give it as `cause`. */
  readonly cause: string;
  readonly queue: string;
  readonly code: string | null;
  readonly text: string;
  /** In plain words. */
  readonly sentence: string;
  readonly count: number;
  readonly first: Date | null;
  readonly last: Date | null;
  /** True: trying again cannot help. Null: not known. */
  readonly permanent: boolean | null;
}

const pageSize = 500;
/** How many parked messages of a queue are looked at to group or choose them. */
const maxLookedAt = 50_000;

/** Walks through the parked messages of a queue, in parking order. */
export async function* parkedOf(bus: Bus, queue: string): AsyncGenerator<ParkedMessage, void, undefined> {
  let after: string | undefined;
  let seen = 0;
  do {
    const page = await bus.parking.list(queue, { limit: pageSize, ...(after !== undefined && { after }) });
    yield* page.messages;
    seen += page.messages.length;
    after = page.next;
  } while (after !== undefined && seen < maxLookedAt);
}

/** Groups the parked messages of queues by cause, the largest group first. */
export async function causesOf(bus: Bus, queues: readonly string[]): Promise<ParkedCause[]> {
  const causes: ParkedCause[] = [];
  for (const queue of queues) {
    const groups = new Map<string, { readonly failure: DeliveryFailure; count: number; first: number; last: number }>();
    for await (const message of parkedOf(bus, queue)) {
      const cause = causeOf(message);
      const failure = lastFailure(message);
      if (failure === undefined) continue;
      const group = groups.get(cause) ?? { failure, count: 0, first: message.parkedAt, last: message.parkedAt };
      group.count += 1;
      group.first = Math.min(group.first, message.parkedAt);
      group.last = Math.max(group.last, message.parkedAt);
      groups.set(cause, group);
    }
    for (const [cause, { failure, count, first, last }] of groups) {
      const { code, message } = failure;
      const known = knownError(code);
      const text = redactText(firstLine(message));
      const sentence = known?.meaning ?? text;
      const permanent = known?.permanent ?? null;
      const times = { first: date(first), last: date(last) };
      causes.push({ cause, queue, code: code ?? null, text, sentence, count, ...times, permanent });
    }
  }
  return causes.toSorted((one, other) => other.count - one.count);
}

/** The ids that a choice means, in parking order. */
export async function chosenIds(bus: Bus, choice: ParkedChoice, now: number): Promise<string[]> {
  if (choice.queue === "") throw invalid("queue: expected a name");
  const wanted = choice.ids === undefined ? undefined : new Set(choice.ids);
  const ids: string[] = [];
  for await (const message of parkedOf(bus, choice.queue)) {
    if (wanted !== undefined && !wanted.has(message.id)) continue;
    if (choice.cause !== undefined && causeOf(message) !== choice.cause) continue;
    const ageMs = now - message.parkedAt;
    if (choice.older_than_ms !== undefined && ageMs < choice.older_than_ms) continue;
    if (choice.newer_than_ms !== undefined && ageMs > choice.newer_than_ms) continue;
    ids.push(message.id);
  }
  return ids;
}

/** What failed alike has the same cause: the error's code, else its text without numbers and addresses. */
export function causeOf(message: ParkedMessage): string {
  const failure = lastFailure(message);
  if (failure === undefined) return "unknown";
  return failure.code ?? blanked(firstLine(failure.message));
}

/** A parked message as lists show it. */
export function parkedView(message: ParkedMessage): object {
  const failure = lastFailure(message);
  const known = knownError(failure?.code);
  return {
    id: message.id,
    at: date(message.parkedAt),
    published_at: date(message.publishedAt),
    tries: message.history.length,
    error: {
      code: failure?.code ?? null,
      message: redactText(failure?.message ?? ""),
      permanent: known?.permanent ?? null,
    },
    history: message.history.map(({ at, attempt, code, message: text }) => ({
      at: date(at),
      attempt,
      code: code ?? null,
      message: redactText(text),
    })),
    body: message.body.toString("utf8"),
    ...summaryOf(message.queue, message.body),
  };
}

function lastFailure({ history }: ParkedMessage): DeliveryFailure | undefined {
  return history.at(-1);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function blanked(text: string): string {
  return text.replace(/[0-9a-f]{8,}/gi, "…").replace(/\+?\d+/g, "#");
}
