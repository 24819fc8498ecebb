// A record of a log as people read it: what `switchboard logs` prints, and `switchboard worker` at a terminal.

import { memberOf, type Row, textOf } from "./gateway/verb.ts";
import { harmless, styled } from "./output.ts";

/** What a log tells at once. */
export interface LogRecord {
  readonly at: Date | undefined;
  readonly level: string;
  /** Who says it; empty when nobody in particular. */
  readonly worker: string;
  readonly message: string;
  readonly fields: Row;
}

const styles = { debug: "dim", info: "green", warn: "yellow", error: "red" } as const;

/** A line, and below it where an error came from. */
export function logLine({ at, level, worker, message, fields }: LogRecord): string {
  const { err, worker: _said, ...others } = fields;
  const stack = memberOf(err, "stack") ?? err;
  const line = [
    styled("dim", at?.toISOString().slice(11, 23) ?? ""),
    styled(Object.hasOwn(styles, level) ? styles[level as keyof typeof styles] : "bold", harmless(level.padEnd(5))),
    harmless(worker === "" ? message : `${worker}: ${message}`),
    ...(Object.keys(others).length === 0 ? [] : [styled("dim", textOf(others))]),
  ].join(" ");
  return stack === undefined ? line : `${line}\n${styled("dim", textOf(stack))}`;
}
