// Parked messages as a file: one JSON object per line with everything that was known of each, for people to keep before they drop any.

import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Bus, ParkedMessage } from "@switchboard/bus";
import { isUtf8 } from "node:buffer";
import type { GatewayView } from "./gateway-view.ts";
import { invalid } from "./common.ts";

const chunkSize = 100;

/** A body as JSON can carry it: one of the two is null. */
export function bodyMembers(body: Buffer): { readonly body: string | null; readonly body_base64: string | null } {
  return isUtf8(body)
    ? { body: body.toString("utf8"), body_base64: null }
    : { body: null, body_base64: body.toString("base64") };
}

function copyOf(message: ParkedMessage): string {
  const { queue, id, parkedAt, publishedAt, attempt, history, headers, contentType, priority, body } = message;
  const copy = {
    queue,
    id,
    parked_at: new Date(parkedAt),
    published_at: publishedAt === undefined ? null : new Date(publishedAt),
    tries: attempt,
    history: history.map(({ at, attempt: number, name, code, message: text }) => ({
      at: new Date(at),
      attempt: number,
      name,
      code: code ?? null,
      message: text,
    })),
    headers,
    content_type: contentType ?? null,
    priority,
    ...bodyMembers(body),
  };
  return `${JSON.stringify(copy)}\n`;
}

/** Yields chunks of JSON lines of the messages with these ids, as fast as they are taken. */
export async function* copiesOf(
  bus: Bus,
  queue: string,
  ids: readonly string[],
): AsyncGenerator<string, void, undefined> {
  for (let start = 0; start < ids.length; start += chunkSize) {
    const found = await Promise.all(ids.slice(start, start + chunkSize).map((id) => bus.parking.get(queue, id)));
    const lines = found.flatMap((message) => (message === undefined ? [] : [copyOf(message)]));
    if (lines.length > 0) yield lines.join("");
  }
}

/** Writes copies into the data folder, readable by its owner only; returns the file's path when it is safe there. */
export async function saveCopies(view: GatewayView, queue: string, ids: readonly string[]): Promise<string> {
  const folder = view.identity.folders["data"];
  if (folder === undefined) throw invalid("save: this gateway has no folder for data");
  const dropped = join(folder, "dropped");
  await mkdir(dropped, { recursive: true, mode: 0o700 });
  const time = new Date(view.clock.now()).toISOString().replaceAll(/[:.]/g, "-");
  const path = join(dropped, `${queue.replaceAll(/[^\w.-]/g, "_")}-${time}-${view.newId().slice(0, 8)}.jsonl`);
  const file = createWriteStream(path, { flags: "wx", mode: 0o600, flush: true });
  await pipeline(Readable.from(copiesOf(view.bus, queue, ids)), file);
  return path;
}
