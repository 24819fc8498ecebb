// Keeps secrets out of logs and answers: masks values by the names they stand under, and credentials inside URLs. Also makes any value plain
// JSON: errors become their name, message, code and stack.

import { maskedText as masked, maskUrls } from "@switchboard/protocol";

const secretName =
  /pass(word|wd|phrase)?$|secret|token|api_?-?key|authori[sz]ation|cookie|credential|private_?-?key|^auth$|^dsn$/i;
const bearer = /\b(Bearer|Basic|Token) [A-Za-z0-9+/=._~-]{6,}/g;
const maxDepth = 8;
const maxText = 4_096;

/** True when what stands under this name must not be shown. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** Returns text without the credentials of URLs and authorisation headers in it. */
export function redactText(text: string): string {
  const short = text.length > maxText ? `${text.slice(0, maxText)}…` : text;
  return maskUrls(short).replace(bearer, `$1 ${masked}`);
}

/** Returns a copy of `fields` that is plain JSON, secrets masked. Deeper than eight levels, or met again on its own path, it says so. */
export function redact(fields: object): Record<string, unknown> {
  return redactObject(fields, []) as Record<string, unknown>;
}

function redactValue(value: unknown, path: readonly object[]): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "object") return value === null ? null : redactObject(value, path);
  if (typeof value === "boolean" || value === undefined || Number.isFinite(value)) return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return `[${typeof value}]`;
}

function redactObject(value: object, path: readonly object[]): unknown {
  if (path.includes(value)) return "[circular]";
  if (path.length >= maxDepth) return "[deeper]";
  const inner = [...path, value];
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return redactError(value, inner);
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redactValue(item, inner));
  const plain: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    plain[name] = isSecretName(name) && item !== null && item !== undefined ? masked : redactValue(item, inner);
  }
  return plain;
}

function redactError(error: Error, path: readonly object[]): Record<string, unknown> {
  const { code, details } = error as { code?: unknown; details?: unknown };
  return {
    name: error.name,
    message: redactText(error.message),
    ...(typeof code === "string" && { code }),
    ...(typeof details === "object" && details !== null && { details: redactObject(details, path) }),
    ...(error.stack !== undefined && { stack: redactText(error.stack) }),
    ...(error.cause !== undefined && { cause: redactValue(error.cause, path) }),
  };
}
