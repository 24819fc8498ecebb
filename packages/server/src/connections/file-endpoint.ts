// The ways of file transfers: the WebSocket `/file` for both directions, and `GET /filedownload?token=…`.

import { finished, pipeline } from "node:stream/promises";
import type { Writable } from "node:stream";
import type { Clock, Logger, Timer } from "@switchboard/core";
import type { WebSocket } from "ws";
import { ServerError } from "../errors.ts";
import type { Download, FileTransfers, Upload } from "../files/transfers.ts";
import type { RequestHandler } from "./http-routes.ts";
import { closeCode } from "./wire.ts";

/** What transfers need. */
export interface FileEndpointOptions {
  readonly transfers: FileTransfers;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Longest upload whose size was not announced. */
  readonly maxUploadBytes: number;
}

const frameBytes = 1_024;
const idleMs = 60_000;

/** Serves one WebSocket of `/file`. */
export function serveFileSocket(webSocket: WebSocket, options: FileEndpointOptions): void {
  const { clock, logger, transfers } = options;
  let timer: Timer | undefined;
  // Each block counts as progress; without any, the transfer is over.
  const progress = (): void => {
    timer?.cancel();
    timer = clock.setTimer(() => webSocket.terminate(), idleMs);
  };
  webSocket.on("error", () => undefined);
  webSocket.on("close", () => timer?.cancel());
  progress();
  webSocket.once("message", (data: Buffer) => {
    const taken = transfers.take(tokenIn(data));
    if (taken === undefined) {
      webSocket.send('{"status":"error"}');
      webSocket.close(closeCode.policy, "unknown token");
      return;
    }
    const { transfer, over } = taken;
    const work =
      transfer.direction === "download"
        ? send(webSocket, transfer, progress)
        : receive(webSocket, transfer, { ...options, progress });
    webSocket.send('{"status":"ok"}');
    work
      .catch((error: unknown) => {
        logger.warn({ err: error, file: transfer.name }, "a file transfer failed");
        webSocket.close(closeCode.failed, "the transfer failed");
      })
      .finally(over);
  });
}

async function send(webSocket: WebSocket, download: Download, progress: () => void): Promise<void> {
  // The status goes out first.
  await Promise.resolve();
  const source = download.open();
  webSocket.once("close", () => source.destroy());
  for await (const chunk of source as AsyncIterable<Buffer>) {
    for (let start = 0; start < chunk.length; start += frameBytes) {
      const isLast = start + frameBytes >= chunk.length;
      const frame = chunk.subarray(start, start + frameBytes);
      // Waiting for the last frame of each piece read keeps a slow client from filling the memory.
      if (isLast) await new Promise<void>((resolve) => webSocket.send(frame, { binary: true }, () => resolve()));
      else webSocket.send(frame, { binary: true });
    }
    progress();
  }
  webSocket.close(closeCode.normal);
}

/** Ends with an empty message, with `{"done": true}`, or with the connection. */
async function receive(
  webSocket: WebSocket,
  upload: Upload,
  { maxUploadBytes, progress }: Pick<FileEndpointOptions, "maxUploadBytes"> & { readonly progress: () => void },
): Promise<void> {
  const sink = upload.open();
  const limit = upload.size ?? maxUploadBytes;
  let received = 0;
  const ended = new Promise<void>((resolve, reject) => {
    sink.on("error", reject);
    webSocket.once("close", () => resolve());
    webSocket.on("message", (data: Buffer, isBinary: boolean) => {
      progress();
      if (data.length === 0 || (!isBinary && isDone(data))) return resolve();
      received += data.length;
      if (received > limit) reject(new ServerError("FILE_TOO_LARGE", `expected at most ${limit} bytes`));
      else write(webSocket, sink, data);
    });
  });
  try {
    await ended;
    sink.end();
    await finished(sink);
    if (upload.size !== null && received !== upload.size) {
      throw new ServerError("FILE_REFUSED", `expected ${upload.size} bytes, got ${received}`);
    }
    await upload.finish();
    webSocket.close(closeCode.normal);
  } catch (error) {
    sink.destroy();
    await upload.discard();
    throw error;
  }
}

function write(webSocket: WebSocket, sink: Writable, data: Buffer): void {
  if (sink.write(data)) return;
  webSocket.pause();
  sink.once("drain", () => webSocket.resume());
}

/** Answers `GET /filedownload?token=…`. */
export function downloadHandler({ transfers }: Pick<FileEndpointOptions, "transfers">): RequestHandler {
  return async (_, response, url) => {
    const token = url.searchParams.get("token");
    const taken = token === null ? undefined : transfers.take(token, "download");
    if (taken === undefined || taken.transfer.direction !== "download") {
      const [status, text] =
        token === null ? ([401, "expected a token"] as const) : ([400, "the token is not valid"] as const);
      response.writeHead(status, { "Content-Type": "text/html; charset=utf-8" });
      response.end(`<!doctype html><title>${status}</title><p>${text}</p>\n`);
      return;
    }
    const { transfer, over } = taken;
    response.writeHead(200, {
      "Content-Type": "application/octet-stream",
      "Content-Disposition": dispositionOf(transfer.name),
      "X-Content-Type-Options": "nosniff",
      "Cache-Control": "no-store",
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Credentials": "true",
    });
    try {
      await pipeline(transfer.open(), response);
    } catch {
      // Somebody went away, or the file did: what was sent cannot be taken back.
      response.destroy();
    } finally {
      over();
    }
  };
}

/** RFC 6266: a plain form for everybody, and the exact name for whoever understands it. */
function dispositionOf(name: string): string {
  const plain = name.replaceAll(/[^\u{20}-\u{7e}]|["\\%]/gu, "_");
  const exact = encodeURIComponent(name.replaceAll(/\p{Surrogate}/gu, "_")).replaceAll(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}

function tokenIn(data: Buffer): string {
  try {
    const { token } = JSON.parse(data.toString("utf8")) as { readonly token?: unknown };
    return typeof token === "string" ? token : "";
  } catch {
    return "";
  }
}

function isDone(data: Buffer): boolean {
  try {
    return (JSON.parse(data.toString("utf8")) as { readonly done?: unknown } | null)?.done === true;
  } catch {
    return false;
  }
}
