// The map of the first page, or the same as a table; on a narrow page the list of channels with where they lead.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatCount } from "../../format.ts";
import { Board } from "../../parts/board.tsx";
import { BoardTable } from "../../parts/board-table.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { Rate } from "../../parts/num.tsx";
import { Loading, State } from "../../parts/state.tsx";
import { path, place, setQuery } from "../../router.ts";
import { frame, liveErrors, mapData, workers } from "../../services/live.ts";
import { isNarrow } from "../../services/narrow.ts";
import { readSetting, writeSetting } from "../../services/settings.ts";

/** The wiring. */
export function Wiring(): JSX.Element | null {
  const [view, setView] = useState(() => (readSetting("mapView") === "table" ? "table" : "map"));
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
        <h2 id="wiring-name">{isNarrow.value ? "Channels" : onlyTrouble ? "Live map, only trouble" : "Live map"}</h2>
        <Legend />
        {isNarrow.value ? (
          <span class="quiet-text section-acts">
            <span>
              <i class="arrow-in" /> from people
            </span>
            <span>
              <i class="arrow-out" /> to people, /min
            </span>
          </span>
        ) : (
          <span class="section-acts">
            <button type="button" class="link" onClick={() => choose(view === "map" ? "table" : "map")}>
              {view === "map" ? "As a table" : "As a map"}
            </button>
            <button type="button" class="link" onClick={() => setQuery({ only: onlyTrouble ? null : "trouble" })}>
              {onlyTrouble ? "Show all" : "Only trouble"}
            </button>
          </span>
        )}
      </header>
      {isNarrow.value ? <ChannelList /> : view === "map" ? <Board {...common} /> : <BoardTable {...common} />}
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
  );
}
