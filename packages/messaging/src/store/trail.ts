// What the trail of a message is made of: what each worker did with it, as plain data that travels between processes and is kept as it is.

import type { MessageKind } from "../worker/kinds.ts";
import type { MiddlewarePass } from "../worker/middleware.ts";

/** Why something failed, in short. */
export interface TrailError {
  readonly code?: string;
  readonly message: string;
  /** True when trying again cannot help. */
  readonly permanent: boolean;
}

/** One thing that one worker did with one message. Keys are short for no reason but that there are many of them. */
export interface TrailEntry {
  /** The message; of an event or a failure, the message it is about. */
  readonly message_id: string;
  readonly kind: Exclude<MessageKind, "status">;
  readonly did: "handled" | "published";
  readonly worker: string;
  readonly worker_kind: "channel" | "router" | "application" | "worker";
  readonly connector: string;
  readonly endpoint: string;
  /** When it began. Milliseconds since 1970. */
  readonly at: number;
  readonly took_ms: number;
  /** Of what was handled: when it was published, which delivery it was, how it ended. */
  readonly published_at?: number;
  readonly attempt?: number;
  readonly outcome?: "handled" | "ignored" | "failed" | "parked" | "dropped";
  readonly error?: TrailError;
  /** Of what a router published: its rule. */
  readonly rule?: number;
  /** Of an outbound message. */
  readonly in_reply_to?: string;
  /** Of an event: its id, and `ack`, `nack`, `delivery_report.delivered`, … */
  readonly event_id?: string;
  readonly event_status?: string;
  /** The worker's middlewares that the message has passed, in their order; `took_ms` is kept to a thousandth. */
  readonly middleware?: readonly MiddlewarePass[];
}

/** What is kept of a message besides itself, learnt from its trail. Null where nothing has been learnt. */
export interface MessageFacts {
  readonly direction: "inbound" | "outbound";
  readonly message_id: string;
  readonly ts_us: number;
  readonly application: string | null;
  readonly router: string | null;
  readonly rule: number | null;
  readonly error: string | null;
  /** `parked`; `dropped` by somebody after that; `none` once it went well after all. */
  readonly fate: "parked" | "dropped" | "none" | null;
  readonly handled_us: number | null;
}

type Draft = { -readonly [Key in keyof MessageFacts]: MessageFacts[Key] };

/** What a run of entries, in order, says about the messages in it: one record per message that something is learnt of. */
export function factsOf(entries: readonly TrailEntry[]): MessageFacts[] {
  const facts = { inbound: new Map<string, Draft>(), outbound: new Map<string, Draft>() };
  for (const entry of entries) {
    const { kind, message_id, at } = entry;
    if (kind !== "inbound" && kind !== "outbound") continue;
    if (entry.did === "published" && entry.worker_kind === "channel") continue;
    let draft = facts[kind].get(message_id);
    if (draft === undefined) {
      draft = nothingOf(kind, message_id, at);
      facts[kind].set(message_id, draft);
    }
    learn(draft, entry);
  }
  return [...facts.inbound.values(), ...facts.outbound.values()];
}

function nothingOf(direction: Draft["direction"], message_id: string, at: number): Draft {
  const nothing = { application: null, router: null, rule: null, error: null, fate: null, handled_us: null };
  return { direction, message_id, ts_us: at * 1_000, ...nothing };
}

function learn(draft: Draft, entry: TrailEntry): void {
  const { worker, worker_kind, outcome, error, rule } = entry;
  if (worker_kind === "application") draft.application = worker;
  if (worker_kind === "router") {
    draft.router = worker;
    if (rule !== undefined && entry.kind === "inbound") draft.rule = rule;
  }
  if (outcome === "failed" || outcome === "parked") {
    draft.error = error === undefined ? "failed" : (error.code ?? error.message);
    if (outcome === "parked") draft.fate = "parked";
    return;
  }
  if (outcome === "dropped") {
    draft.fate = "dropped";
    return;
  }
  if (outcome === undefined) return;
  // It went well after all, perhaps when somebody retried it.
  draft.fate = "none";
  const isLast = worker_kind === (entry.kind === "inbound" ? "application" : "channel");
  if (isLast) draft.handled_us = (entry.at + entry.took_ms) * 1_000;
}
