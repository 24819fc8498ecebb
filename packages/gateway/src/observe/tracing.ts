// Spans for OpenTelemetry from what workers tell: channel, queue, router, application, and back. Made after the fact, with the times that were told,
// so that nothing has to travel with messages. A message and its answer share a trace, whose id is that of the message.

import { createHash } from "node:crypto";
import type * as OpenTelemetry from "@opentelemetry/api";
import { RecentMap } from "@switchboard/core";
import type { TrailEntry } from "@switchboard/messaging/store";
import type { GatewayObserver } from "./gateway-observer.ts";

/** How spans are made. */
export interface TracingOptions {
  readonly observer: Pick<GatewayObserver, "onEntry">;
  /** Default: the one that the program has registered with the API. */
  readonly provider?: OpenTelemetry.TracerProvider;
}

const maxRemembered = 20_000;

/**
 * Makes spans of all that workers do from now on. Returns what stops it; undefined when `@opentelemetry/api` is not installed.
 */
export async function startTracing({ observer, provider }: TracingOptions): Promise<(() => void) | undefined> {
  let api: typeof OpenTelemetry;
  try {
    api = await import("@opentelemetry/api");
  } catch {
    return undefined;
  }
  const tracer = (provider ?? api.trace.getTracerProvider()).getTracer("switchboard");
  const questions = new RecentMap<string, string>(maxRemembered);
  return observer.onEntry((entry) => {
    if (entry.in_reply_to !== undefined) questions.set(entry.message_id, entry.in_reply_to);
    const root = entry.in_reply_to ?? questions.get(entry.message_id) ?? entry.message_id;
    // A parent that nobody sent stands for the message itself; all its spans hang on it.
    const parent = api.trace.setSpanContext(api.ROOT_CONTEXT, contextOf(root, api.TraceFlags.SAMPLED));
    for (const span of spansOf(tracer, entry, { parent, kinds: api.SpanKind })) {
      if (entry.error !== undefined) {
        span.setStatus({ code: api.SpanStatusCode.ERROR, message: entry.error.code ?? entry.error.message });
      }
      span.end(timeOf(entry.at + entry.took_ms));
    }
  });
}

interface SpanPlace {
  readonly parent: OpenTelemetry.Context;
  readonly kinds: typeof OpenTelemetry.SpanKind;
}

function spansOf(tracer: OpenTelemetry.Tracer, entry: TrailEntry, { parent, kinds }: SpanPlace): OpenTelemetry.Span[] {
  const queue = `${entry.connector}.${entry.kind}`;
  const attributes = {
    "messaging.system": "switchboard",
    "messaging.destination.name": queue,
    "messaging.message.id": entry.message_id,
    "messaging.operation.type": entry.did === "handled" ? "process" : "send",
    "switchboard.worker": entry.worker,
    "switchboard.worker_kind": entry.worker_kind,
    ...(entry.outcome !== undefined && { "switchboard.outcome": entry.outcome }),
    ...(entry.attempt !== undefined && { "switchboard.attempt": entry.attempt }),
    ...(entry.rule !== undefined && { "switchboard.rule": entry.rule }),
    ...(entry.event_status !== undefined && { "switchboard.event": entry.event_status }),
  };
  if (entry.did === "handled" && entry.published_at !== undefined && entry.published_at < entry.at) {
    const waited = tracer.startSpan(
      `wait ${queue}`,
      {
        kind: kinds.INTERNAL,
        startTime: timeOf(entry.published_at),
        attributes: { "messaging.destination.name": queue },
      },
      parent,
    );
    waited.end(timeOf(entry.at));
  }
  const kind = entry.did === "handled" ? kinds.CONSUMER : kinds.PRODUCER;
  const name = `${entry.did === "handled" ? "process" : "publish"} ${queue}`;
  return [tracer.startSpan(name, { kind, startTime: timeOf(entry.at), attributes }, parent)];
}

/** Seconds and nanoseconds. Plain milliseconds from before the process began, when a message may have been published, are taken for something else. */
function timeOf(ms: number): OpenTelemetry.HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}

/** Ids of messages are 32 hexadecimal digits, as those of traces are; others are hashed. */
function contextOf(messageId: string, traceFlags: number): OpenTelemetry.SpanContext {
  const isTraceId = /^(?!0{32})[0-9a-f]{32}$/.test(messageId);
  const traceId = isTraceId ? messageId : createHash("sha256").update(messageId).digest("hex").slice(0, 32);
  return { traceId, spanId: traceId.slice(0, 16).replace(/^0{16}$/, "0000000000000001"), traceFlags, isRemote: true };
}
