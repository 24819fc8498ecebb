// The first page: what needs attention as sentences, then the figures, then the map.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import {
  formatAbout,
  formatCount,
  formatDuration,
  formatMoment,
  formatRate,
  formatShare,
  plural,
} from "../../format.ts";
import { useKeys } from "../../keys.ts";
import { Bar } from "../../parts/bar.tsx";
import { Board } from "../../parts/board.tsx";
import { BoardTable } from "../../parts/board-table.tsx";
import { Figure } from "../../parts/figure.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { Rate } from "../../parts/num.tsx";
import { Loading, State } from "../../parts/state.tsx";
import { navigate, path, place, setQuery } from "../../router.ts";
import { now } from "../../services/clock.ts";
import { isStale, line } from "../../services/connection.ts";
import { attention, frame, liveErrors, mapData, workers } from "../../services/live.ts";
import { readSetting, writeSetting } from "../../services/settings.ts";
import type { Attention, MetricsFrame } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";

const seriesNames = ["figures.accepted", "figures.sent", "figures.failed", "figures.parked", "figures.latency_ms.p50"];

/** The page. */
export default function OverviewPage(): JSX.Element {
  const lost = line.value;
  const note =
    lost.kind === "lost" && lost.since !== undefined ? `as of ${formatMoment(lost.since, lost.since)}` : undefined;
  return (
    <>
      <Bar title="Overview" note={note}>
        <span class="quiet-text">figures over 60 s, curves over 10 min</span>
      </Bar>
      <div class="page overview">
        <AttentionList />
        <Figures />
        <Wiring />
      </div>
    </>
  );
}

function AttentionList(): JSX.Element {
  const all = attention.value;
  const failure = liveErrors.value["attention.list"];
  useKeys({
    attention: (event) => {
      const item = all?.[Number(event.key) - 1];
      return item === undefined ? false : navigate(item.path);
    },
  });
  if (all === undefined) {
    return failure === undefined ? (
      <Loading what="what needs attention" lines={3} />
    ) : (
      <State kind="failed" title={`What needs attention is not known: ${failure}`} />
    );
  }
  const lines = (workers.value ?? []).filter(({ kind }) => kind === "channel");
  if (all.length === 0 && lines.length > 0) {
    return (
      <State kind="well" title={lines.length === 1 ? "The one line is open" : `All ${lines.length} lines are open`}>
        <p>Nothing needs attention.</p>
      </State>
    );
  }
  if (all.length === 0) return <></>;
  return (
    <section class="attention" aria-labelledby="attention-name">
      <h2 id="attention-name">
        {all.length === 1 ? "1 thing needs attention" : `${all.length} things need attention`}
      </h2>
      <ol>
        {all.slice(0, 6).map((item, index) => (
          <li key={item.id}>
            <AttentionLine item={item} digit={index + 1} />
          </li>
        ))}
      </ol>
      {all.length > 6 ? <p class="quiet-text">and {all.length - 6} more</p> : null}
    </section>
  );
}

function AttentionLine({ item, digit }: { readonly item: Attention; readonly digit: number }): JSX.Element {
  const age = now.value.getTime() - item.since.getTime();
  const way = item.subject.kind === "queue" || item.lamp === "parked" ? "Sort them out" : `Open ${item.subject.kind}`;
  return (
    <a href={item.path} class="attention-line" aria-keyshortcuts={String(digit)}>
      <Lamp state={item.lamp} />
      <span class="attention-text">
        <b>{item.subject.name}</b> {attentionWords(item)}
      </span>
      <span class="attention-since num">since {formatMoment(item.since, now.value)}</span>
      <span class="attention-age num">{formatAbout(age)}</span>
      <span class="attention-way">{way}</span>
    </a>
  );
}

/** What happened and what it costs, as sentences; the name stands before. */
function attentionWords({ subject, text, code, cost }: Attention): string {
  const words = (text.startsWith(subject.name) ? text.slice(subject.name.length).replace(/^: /, "") : text).replace(
    /\.$/,
    "",
  );
  const named = code === undefined || code === null || text.includes(code) ? words : `${words} (${code})`;
  return cost === null || cost === "" ? `${named}.` : `${named}. ${cost}`;
}

function Figures(): JSX.Element {
  const series = useCall<Record<string, readonly number[]>>("metrics.series", [seriesNames, 60]);
  const values = (name: string): readonly number[] => series.data?.[name] ?? [];
  const current = frame.value;
  const figures = current?.figures;
  const waiting = sumWaiting(current);
  const stale = isStale.value && current !== undefined ? `at ${formatMoment(current.at, now.value)}` : undefined;
  const peak = Math.max(0, ...values("figures.accepted"));
  return (
    <section class="figures" aria-label="Figures">
      <Figure
        label="Accepted"
        value={formatRate(figures?.accepted)}
        unit="/min"
        meaning="in"
        values={values("figures.accepted")}
        href="/messages"
        note={stale ?? (peak === 0 ? "" : `peak ${formatRate(peak)}`)}
      />
      <Figure
        label="Sent"
        value={formatRate(figures?.sent)}
        unit="/min"
        meaning="out"
        values={values("figures.sent")}
        href="/messages?q=state%3Asent"
        note={stale ?? `${formatCount(waiting)} waiting to go out`}
      />
      <Figure
        label="Failed"
        value={formatRate(figures?.failed)}
        unit="/min"
        meaning="failed"
        values={values("figures.failed")}
        href="/messages?q=state%3Afailed"
        note={stale ?? `${formatShare(shareOf(figures?.failed, figures?.sent))} of sent`}
      />
      <Figure
        label="Parked"
        value={formatCount(figures?.parked)}
        unit="now"
        meaning="parked"
        values={values("figures.parked")}
        href="/queues"
        note={stale ?? parkedNote(current)}
      />
      <Latency figures={figures} values={values("figures.latency_ms.p50")} stale={stale} />
    </section>
  );
}

function Latency({
  figures,
  values,
  stale,
}: {
  readonly figures: MetricsFrame["figures"] | undefined;
  readonly values: readonly number[];
  readonly stale: string | undefined;
}): JSX.Element {
  const [value = "–", unit = ""] = formatDuration(figures?.latency_ms.p50).split(/ (.*)/s);
  const rest = `p95 ${formatDuration(figures?.latency_ms.p95)} · p99 ${formatDuration(figures?.latency_ms.p99)}`;
  return (
    <Figure
      label="Answer time"
      value={value}
      unit={`${unit} p50`}
      values={values}
      href="/messages?q=state%3Aanswered"
      note={stale ?? rest}
    />
  );
}

function Wiring(): JSX.Element | null {
  const [view, setView] = useState(readSetting("mapView") === "table" ? "table" : "map");
  const onlyTrouble = place.value.query.get("only") === "trouble";
  const map = mapData.value;
  const failure = liveErrors.value["map.get"];
  if (map === undefined)
    return failure === undefined ? (
      <Loading what="the map" />
    ) : (
      <State kind="failed" title={`The map did not load: ${failure}`} />
    );
  if (map.nodes.every(({ kind }) => kind !== "channel")) {
    return (
      <State kind="empty" title="No channel yet">
        <p>A channel is a line people can reach you on. Start with one that needs no account:</p>
        <p class="buttons">
          <a class="button main" href="/channels/new?class=TelnetServerTransport">
            Telnet on a port
          </a>
          <a class="button quiet" href="/channels/new">
            All kinds
          </a>
        </p>
        <code>switchboard task submit worker.create</code>
      </State>
    );
  }
  const choose = (next: string): void => {
    setView(next);
    writeSetting("mapView", next);
  };
  const common = { map, workers: workers.value ?? [], frame: frame.value, onlyTrouble };
  return (
    <section class="wiring" aria-labelledby="wiring-name">
      <header class="section-head">
        <h2 id="wiring-name">Live map</h2>
        <Legend />
        <span class="section-acts">
          <button type="button" class="link" onClick={() => choose(view === "map" ? "table" : "map")}>
            {view === "map" ? "As a table" : "As a map"}
          </button>
          <button
            type="button"
            class="link"
            aria-pressed={onlyTrouble}
            onClick={() => setQuery({ only: onlyTrouble ? null : "trouble" })}
          >
            Only trouble
          </button>
        </span>
      </header>
      <div class="wide-only">{view === "map" ? <Board {...common} /> : <BoardTable {...common} />}</div>
      <ChannelList />
    </section>
  );
}

function Legend(): JSX.Element {
  return (
    <span class="legend wide-only">
      <span>
        <i class="cord-sample in" /> from people
      </span>
      <span>
        <i class="cord-sample out" /> to people
      </span>
      <span>thicker = more per minute</span>
      <span>
        <svg width="32" height="12" viewBox="0 0 32 12" aria-hidden>
          <circle cx="6" cy="6" r="4" class="legend-jack" />
          <rect x="15" y="3" width="9" height="6" rx="1.5" class="legend-plug" />
          <path d="M24 6h8" class="legend-cord" />
        </svg>{" "}
        unplugged = not running
      </span>
    </span>
  );
}

/** Below 900 px there is no map: channels are listed with where they lead. */
function ChannelList(): JSX.Element {
  const lines = mapData.value?.lines ?? [];
  const channels = (workers.value ?? []).filter(({ kind }) => kind === "channel");
  return (
    <div class="narrow-only">
      <h3 class="channel-list-name">
        Channels{" "}
        <span class="quiet-text">
          <i class="arrow-in" /> from people <i class="arrow-out" /> to people, per minute
        </span>
      </h3>
      <ul class="channel-list">
        {channels.map((channel) => {
          const measures = frame.value?.workers[channel.name];
          const to = lines.filter(({ from }) => from === channel.name).map((each) => each.to);
          return (
            <li key={channel.name}>
              <a href={path("channels", channel.name)}>
                <Lamp state={channel.lamp} />
                <span class="channel-words">
                  <b>{channel.name}</b>
                  {(measures?.waiting ?? 0) > 0 && (measures?.oldest_ms ?? 0) > 5000 ? (
                    <span class="mini-chip">{formatCount(measures?.waiting)} wait</span>
                  ) : null}
                  {(measures?.parked ?? 0) > 0 ? (
                    <span class="mini-chip parked">■ {formatCount(measures?.parked)}</span>
                  ) : null}
                  <span class="quiet-text channel-address">
                    {channel.label} · {channel.address} → {to.join(", ")}
                  </span>
                </span>
                <span class="board-rates">
                  <span class="rate-in">
                    <Rate value={measures?.in} bare />
                  </span>
                  <span class="rate-out">
                    <Rate value={measures?.out} bare />
                  </span>
                </span>
              </a>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function sumWaiting(current: MetricsFrame | undefined): number | null {
  if (current === undefined) return null;
  return Object.values(current.workers).reduce((sum, { waiting }) => sum + (waiting ?? 0), 0);
}

function shareOf(part: number | null | undefined, whole: number | null | undefined): number | null {
  if (part === null || part === undefined || whole === null || whole === undefined || whole === 0) return null;
  return part / whole;
}

function parkedNote(current: MetricsFrame | undefined): string {
  const item = attention.value?.find(({ lamp }) => lamp === "parked");
  if ((current?.figures.parked ?? 0) === 0) return "nothing set aside";
  return item === undefined
    ? plural(current?.figures.parked ?? 0, "message")
    : `oldest ${formatAbout(now.value.getTime() - item.since.getTime())}`;
}
