import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { TrailEntry } from "@switchboard/messaging/store";
import { expect, it } from "vitest";
import { startTracing } from "../../src/observe/tracing.ts";

const question = "0af7651916cd43dd8448eb211c80319c";

function step(fields: Partial<TrailEntry>): TrailEntry {
  return {
    message_id: question,
    kind: "inbound",
    did: "handled",
    worker: "keywords",
    worker_kind: "router",
    connector: "sms",
    endpoint: "default",
    at: 1_000,
    took_ms: 20,
    ...fields,
  };
}

it("makes spans of what workers tell: a message and its answer in one trace, with waits, times, rules and errors", async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  let tell = (_entry: TrailEntry): void => undefined;
  const observer = {
    onEntry: (listener: (entry: TrailEntry) => void) => {
      tell = listener;
      return () => (tell = () => undefined);
    },
  };
  const stop = await startTracing({ observer, provider });
  tell(step({ published_at: 900, outcome: "handled", attempt: 1 }));
  tell(step({ did: "published", connector: "echo", rule: 2 }));
  tell(
    step({ kind: "outbound", message_id: "answer", in_reply_to: question, worker: "echo", worker_kind: "application" }),
  );
  tell(step({ kind: "event", message_id: "answer", worker: "sms", worker_kind: "channel", event_status: "ack" }));
  tell(step({ outcome: "failed", error: { code: "APP_BROKEN", message: "no", permanent: false } }));
  tell(step({ message_id: "not a trace id" }));
  const spans = exporter.getFinishedSpans();
  expect(spans.map(({ name }) => name)).toEqual([
    "wait sms.inbound",
    "process sms.inbound",
    "publish echo.inbound",
    "process sms.outbound",
    "process sms.event",
    "process sms.inbound",
    "process sms.inbound",
  ]);
  expect(spans.slice(0, 6).map((span) => span.spanContext().traceId)).toEqual(
    Array.from({ length: 6 }, () => question),
  );
  expect(spans[6]?.spanContext().traceId).toMatch(/^[0-9a-f]{32}$/);
  const [waited, handled, published] = spans;
  expect([waited?.startTime, waited?.endTime]).toEqual([
    [0, 900_000_000],
    [1, 0],
  ]);
  expect([handled?.startTime, handled?.endTime]).toEqual([
    [1, 0],
    [1, 20_000_000],
  ]);
  expect(published?.attributes).toMatchObject({ "switchboard.rule": 2, "switchboard.worker": "keywords" });
  expect(spans[5]?.status).toMatchObject({ message: "APP_BROKEN" });
  stop?.();
  tell(step({}));
  expect(exporter.getFinishedSpans()).toHaveLength(7);
  await provider.shutdown();
});
