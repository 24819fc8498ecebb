// What the process of a group logs, read line by line: its own records are pino's, anything else is text that somebody printed.

import type { Logger } from "@switchboard/core";

const levels: Readonly<Record<number, keyof Logger>> = {
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "error",
};

/** One line, taken apart. */
export interface GroupLogLine {
  readonly level: keyof Logger;
  readonly worker: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** Reads a line; what is no record is its own message. */
export function readLogLine(group: string, line: string): GroupLogLine {
  const record = parse(line);
  if (record === undefined) return { level: "info", worker: undefined, fields: { group }, message: line };
  const { level, time: _time, hostname: _hostname, msg, ...fields } = record;
  const { worker } = fields;
  return {
    level: levels[level] ?? "info",
    worker: typeof worker === "string" ? worker : undefined,
    fields: { ...fields, group },
    message: msg,
  };
}

/** Why its process ends, where a line says so: an error that nobody caught, and where it was thrown. */
export function lastWords(line: string): string | undefined {
  const record = parse(line);
  const err = record?.["err"];
  if (record?.level !== 60 || typeof err !== "object" || err === null) return undefined;
  const { type, message, stack } = err as {
    readonly type?: string;
    readonly message?: string;
    readonly stack?: string;
  };
  const place = /^\s+(at .*)$/m.exec(stack ?? "")?.[1];
  return [`${type}: ${message}`, ...(place === undefined ? [] : [place])].join(", ");
}

function parse(line: string): (Record<string, unknown> & { readonly level: number; readonly msg: string }) | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const record: unknown = JSON.parse(line);
    const { level, msg } = record as { level?: unknown; msg?: unknown };
    return typeof level === "number" && typeof msg === "string" ? (record as ReturnType<typeof parse>) : undefined;
  } catch {
    return undefined;
  }
}
