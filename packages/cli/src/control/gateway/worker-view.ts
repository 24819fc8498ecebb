// One worker as `switchboard workers NAME` shows it to people: how it is, then its options as a file has them.

import { styled } from "../output.ts";
import { memberOf, type Row, rowsIn, shortDuration, textOf } from "./verb.ts";

/** The text, secrets masked as the server sent them. */
export function describeWorker(worker: Row): string {
  const { name, kind, address, class: className, state, since, process, pid, restarts, last_error, rates } = worker;
  const place = textOf(address) === "" ? "" : ` at ${textOf(address)}`;
  const entries: readonly (readonly [string, string])[] = [
    ["worker", `${textOf(name)}, ${textOf(kind)}${place}`],
    ["class", textOf(className)],
    [
      "state",
      `${textOf(state)} since ${textOf(since)}${restarts === 0 ? "" : `, restarted ${textOf(restarts)} times`}`,
    ],
    ["process", `${textOf(process)}${textOf(pid) === "" ? "" : ` (${textOf(pid)})`}`],
    ...rowsIn(worker["status"]).map(({ component, status, message }): readonly [string, string] => [
      textOf(component),
      `${textOf(status)}: ${textOf(message)}`,
    ]),
    ["a minute", ["in", "out", "failed"].map((figure) => `${textOf(memberOf(rates, figure))} ${figure}`).join(", ")],
    ["queues", waiting(worker)],
    [
      "last error",
      [memberOf(last_error, "message"), memberOf(last_error, "code")].map(textOf).filter(Boolean).join(" "),
    ],
    ["from", textOf(worker["source"])],
  ];
  const lines = entries.filter(([, text]) => text !== "");
  const width = Math.max(...lines.map(([label]) => label.length));
  const head = lines.map(([label, text]) => `${styled("bold", label.toUpperCase().padEnd(width))}  ${text}`);
  return [...head, "", textOf(worker["config_source"]).trimEnd()].join("\n").trimEnd();
}

function waiting({ waiting: count, oldest_ms, parked }: Row): string {
  const oldest = shortDuration(oldest_ms);
  return `${textOf(count)} waiting${oldest === "" ? "" : `, the oldest ${oldest}`}, ${textOf(parked)} parked`;
}
