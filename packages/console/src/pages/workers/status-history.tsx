// How a worker was over the last 24 hours: one bar per component, then each change with its type, message and details.

import type { JSX } from "preact";
import { formatDuration, formatMoment } from "../../format.ts";
import { Code, toJson } from "../../parts/code.tsx";
import { Lamp, lampRank, lampWords } from "../../parts/lamp.tsx";
import { State } from "../../parts/state.tsx";
import { now } from "../../services/clock.ts";
import type { StatusEntry } from "../../services/types.ts";
import { type Span, spansOf } from "./status-spans.ts";

const dayMs = 86_400_000;

/** The tab. */
export function StatusHistory({ entries }: { readonly entries: readonly StatusEntry[] }): JSX.Element {
  if (entries.length === 0) return <State kind="none" title="No change of status is recorded" />;
  const today = now.value;
  const components = [...new Set(entries.map(({ component }) => component))];
  return (
    <>
      <section class="panel" aria-label="The last 24 hours">
        {components.map((component) => (
          <Bar
            key={component}
            component={component}
            spans={spansOf(
              entries.filter((entry) => entry.component === component),
              today,
              dayMs,
            )}
          />
        ))}
        <p class="status-times quiet-text">
          <span>24 h ago</span>
          <span>12 h</span>
          <span>now</span>
        </p>
      </section>
      <ol class="history" aria-label="Status history">
        {entries
          .toSorted((a, b) => b.since.getTime() - a.since.getTime())
          .map((entry, index) => (
            <li key={index}>
              <span class="num quiet-text">{formatMoment(entry.since, today)}</span>
              <span>
                <Lamp state={entry.status} size={10} name="" /> {lampWords[entry.status]}
              </span>
              <span>
                <b>{entry.component}</b> {entry.message} <code>{entry.type}</code>
                {(entry.reasons ?? []).map((reason) => (
                  <span class="quiet-text" key={reason}>
                    {" "}
                    {reason}
                  </span>
                ))}
                {isEmpty(entry.details) ? null : (
                  <details>
                    <summary>details</summary>
                    <Code value={toJson(entry.details)} language="json" label="Details" />
                  </details>
                )}
              </span>
            </li>
          ))}
      </ol>
    </>
  );
}

// The worse, the higher: it is read without colours too.
function Bar({ component, spans }: { readonly component: string; readonly spans: readonly Span[] }): JSX.Element {
  const words = spans.map(({ status, ms }) => `${lampWords[status]} for ${formatDuration(ms)}`).join(", then ");
  let x = 0;
  return (
    <div class="status-bar">
      <b>{component}</b>
      <svg viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" aria-label={`${component}: ${words}`}>
        {spans.map(({ status, ms }, index) => {
          const width = (ms / dayMs) * 1000;
          const height =
            status === "unknown" ? 2 : lampRank(status) <= lampRank("down") ? 24 : status === "ok" ? 8 : 16;
          const left = x;
          x += width;
          return (
            <rect
              key={index}
              class={`lamp-${status}`}
              x={left}
              y={24 - height}
              width={Math.max(width, 1.5)}
              height={height}
              fill="currentColor"
            >
              <title>{`${lampWords[status]} for ${formatDuration(ms)}`}</title>
            </rect>
          );
        })}
      </svg>
    </div>
  );
}

function isEmpty(details: unknown): boolean {
  return (
    details === null || details === undefined || (typeof details === "object" && Object.keys(details).length === 0)
  );
}
