// What a call came to: an answer as JSON or as a table, pieces as they come, or an error by name.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatBytes, formatCount, formatDuration, formatMoment, plural, textOf } from "../../format.ts";
import { Segments } from "../../parts/bar.tsx";
import { Code, toJson } from "../../parts/code.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { now } from "../../services/clock.ts";
import type { CallError } from "../../services/use-call.ts";

/** A call that has been made. */
export interface Done {
  readonly at: Date;
  readonly tookMs: number;
  readonly args: readonly unknown[];
  readonly result?: unknown;
  readonly error?: CallError;
  /** Of a stream: how many pieces came; the last of them are the result. */
  readonly pieces?: number;
  readonly isRunning?: boolean;
}

/** The answer. `isOld`: the arguments have changed since. */
export function Answer({ done, isOld }: { readonly done: Done; readonly isOld: boolean }): JSX.Element {
  const [view, setView] = useState<"Table" | "JSON">("JSON");
  const { result, error, tookMs, at, pieces, isRunning = false } = done;
  if (error !== undefined) {
    return (
      <section class="panel">
        <h2>
          <Lamp state="down" name="" /> {error.code} after {formatDuration(tookMs)}
        </h2>
        <p>{error.message}</p>
        {error.extra === undefined ? null : <Code value={toJson(error.extra)} language="json" label="Details" />}
      </section>
    );
  }
  const rows = rowsOf(result);
  const text = toJson(result);
  return (
    <section class="panel">
      <header class="section-head">
        <h2>
          <Lamp state={isRunning ? "starting" : "ok"} name="" />{" "}
          {isRunning ? "Coming in" : `Answered in ${formatDuration(tookMs)}`}
        </h2>
        <span class="quiet-text">
          {formatMoment(at, now.peek(), "ms")} · {formatBytes(new Blob([text]).size)}
          {pieces === undefined ? "" : ` · ${plural(pieces, "piece")}`}
        </span>
        {rows === undefined ? null : (
          <span class="section-acts">
            <Segments label="View of the answer" options={["Table", "JSON"]} value={view} onChange={setView} />
          </span>
        )}
      </header>
      {isOld ? <p class="quiet-text">The arguments have changed since; call again to see what they give.</p> : null}
      {rows !== undefined && view === "Table" ? (
        <ResultTable rows={rows} />
      ) : (
        <Code value={text} language="json" copy label="Answer" />
      )}
    </section>
  );
}

function rowsOf(result: unknown): readonly Readonly<Record<string, unknown>>[] | undefined {
  const isTable =
    Array.isArray(result) && result.length > 0 && result.every((item) => typeof item === "object" && item !== null);
  return isTable ? (result as readonly Readonly<Record<string, unknown>>[]) : undefined;
}

const mostRows = 100;

function ResultTable({ rows }: { readonly rows: readonly Readonly<Record<string, unknown>>[] }): JSX.Element {
  const keys = [...new Set(rows.slice(0, 20).flatMap((row) => Object.keys(row)))].slice(0, 6);
  return (
    <>
      <div class="rules-wrap" tabIndex={0} role="region" aria-label="Answer as a table">
        <table class="rules">
          <thead>
            <tr>
              {keys.map((key) => (
                <th key={key} scope="col">
                  {key}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, mostRows).map((row, index) => (
              <tr key={index}>
                {keys.map((key) => (
                  <td key={key}>{typeof row[key] === "object" ? JSON.stringify(row[key]) : textOf(row[key] ?? "–")}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > mostRows ? (
        <p class="quiet-text">
          The first {mostRows} of {formatCount(rows.length)}; all are in the JSON.
        </p>
      ) : null}
    </>
  );
}
