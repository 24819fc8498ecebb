// Serves whole batches of the message store as files: `<web_path>/<batch>/inbound.json`, `outbound.csv`, `events.csv`, …

import type { ServerResponse } from "node:http";
import { type BatchExport, type ExportFormat, exportLines, type ExportKind } from "./batch-export.ts";
import { rangeOf } from "./export-range.ts";
import { HttpRefusal, StoreHttpWorker, type StoreRequest } from "./store-http-worker.ts";

const contentTypes: Readonly<Record<ExportFormat, string>> = {
  json: "application/json; charset=utf-8",
  csv: "text/csv; charset=utf-8",
};
// Vumi reads one at a time unless told otherwise; more only makes it quicker.
const usualConcurrency = 50;
const maxConcurrency = 1_000;
const chunkChars = 16_384;

/** Streams batches, as fast as they are read and no faster; stops reading when the reader goes away. */
export class MessageStoreResourceWorker extends StoreHttpWorker {
  static readonly summary: string = "Serves batches of stored messages and events over HTTP, as JSON lines or CSV.";
  protected readonly healthAnswer: string = "OK";

  protected async answer({ method, segments, query, response }: StoreRequest): Promise<void> {
    const wanted = wantedOf(segments, query);
    if (method !== "GET" && method !== "HEAD") throw new HttpRefusal(405, "Method Not Allowed");
    response.writeHead(200, { "Content-Type": contentTypes[wanted.format] });
    let chunk = "";
    const isGone = (): boolean => response.destroyed || response.closed;
    const write = async (): Promise<void> => {
      if (response.write(chunk) || isGone()) return;
      await drained(response);
    };
    for await (const line of exportLines(this.store, wanted)) {
      if (isGone()) return;
      chunk += line;
      if (chunk.length < chunkChars) continue;
      await write();
      chunk = "";
    }
    response.end(chunk);
  }
}

/** Resolves when more may be written, or when whoever should take it has gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}

function wantedOf(segments: readonly string[], query: URLSearchParams): BatchExport {
  const [batchId = "", file = "", ...more] = segments;
  const [, kind, format] = /^(inbound|outbound|events)\.(json|csv)$/.exec(file) ?? [];
  if (batchId === "" || kind === undefined || format === undefined || more.length > 0) {
    throw new HttpRefusal(404, "Not Found");
  }
  const concurrency = Number(query.get("concurrency") ?? usualConcurrency);
  if (!Number.isSafeInteger(concurrency) || concurrency < 1 || concurrency > maxConcurrency) {
    throw new HttpRefusal(400, `Invalid 'concurrency' parameter: expected a whole number from 1 to ${maxConcurrency}`);
  }
  return { batchId, kind: kind as ExportKind, format: format as ExportFormat, range: rangeOf(query), concurrency };
}
