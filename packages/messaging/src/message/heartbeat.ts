// The sign of life that named workers give. A plain JSON object without a message's envelope, as Vumi's monitors read it.

import { isAscii } from "node:buffer";
import { MessageFormatError } from "../errors.ts";
import { type RawMessage, text } from "./field-rules.ts";
import { isJsonObject } from "./json.ts";

/** What one process says of one worker. */
export interface Heartbeat {
  readonly version: string;
  /** `<system_id>:<worker_name>`. */
  readonly worker_id: string;
  readonly system_id: string;
  readonly worker_name: string;
  readonly hostname: string;
  readonly pid: number;
  /** Unix time in seconds, with a fraction. */
  readonly timestamp: number;
}

/** The version that every heartbeat carries. */
export const heartbeatVersion = "20130319";

/**
 * Reads a heartbeat; what it does not know is kept.
 *
 * @throws {MessageFormatError} MESSAGE_BODY_INVALID, MESSAGE_FIELD_MISSING, MESSAGE_FIELD_INVALID.
 */
export function decodeHeartbeat(body: Uint8Array): Heartbeat {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const message = parse(bytes.toString(isAscii(bytes) ? "latin1" : "utf8"));
  if (!isJsonObject(message)) {
    throw new MessageFormatError("MESSAGE_BODY_INVALID", `body: expected a heartbeat, got ${bytes.length} other bytes`);
  }
  const raw: RawMessage = message;
  for (const key of ["version", "worker_id", "system_id", "worker_name", "hostname"]) text(raw, key);
  for (const key of ["pid", "timestamp"]) number(raw, key);
  return raw as unknown as Heartbeat;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function number(message: RawMessage, key: string): void {
  const value = message[key];
  if (typeof value === "number") return;
  const code = value === undefined ? "MESSAGE_FIELD_MISSING" : "MESSAGE_FIELD_INVALID";
  throw new MessageFormatError(code, `${key}: expected a number, got ${typeof value}`, { details: { field: key } });
}
