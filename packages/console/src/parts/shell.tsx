// The frame around each page: the rail as status board (bottom bar on a phone), strip, content, announcements. Holds no page's own state.

import { computed } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { formatCount, formatMoment, formatRate } from "../format.ts";
import { useKeys } from "../keys.ts";
import { navigate, place } from "../router.ts";
import { now } from "../services/clock.ts";
import { isStale, latencyMs, line, logOut } from "../services/connection.ts";
import { offers, phonePages, shownPageOf, shownPages } from "../services/offers.ts";
import { attention, frame, me, runningTasks, systemInfo, workers } from "../services/live.ts";
import { chooseTheme, theme } from "../services/settings.ts";
import type { LampState, WorkerKind } from "../services/types.ts";
import { Announcements } from "./announce.tsx";
import { pageState } from "./bar.tsx";
import { Lamp } from "./lamp.tsx";
import { Mark } from "./mark.tsx";
import { Strip } from "./strip.tsx";

/** The shell around a page. */
export function Shell({
  children,
  onPalette,
}: {
  readonly children: ComponentChildren;
  readonly onPalette: () => void;
}): JSX.Element {
  const pages = shownPages.value ?? [];
  const here = shownPageOf(place.value.path);
  useKeys({
    ...Object.fromEntries(pages.map(({ name, path }) => [`go.${name}`, () => navigate(path)])),
    palette: onPalette,
    theme: () => chooseTheme(theme.value === "system" ? "light" : theme.value === "light" ? "dark" : "system"),
  });
  useEffect(() => {
    document.documentElement.toggleAttribute("data-stale", isStale.value);
  }, [isStale.value]);
  useTitle();
  return (
    <div class="shell">
      <a class="skip" href="#content">
        Skip to content
      </a>
      <nav class="rail" aria-label="Pages">
        <p class="rail-mark">
          <Mark size={26} /> Switchboard
        </p>
        <p class="rail-gateway">
          <b>{gatewayName()}</b>
          {systemInfo.value === undefined ? null : ` · ${systemInfo.value.environment}`}
        </p>
        <button type="button" class="rail-palette" onClick={onPalette}>
          Go to… <kbd aria-hidden>Ctrl K</kbd>
        </button>
        {[0, 1, 2, 3].map((group) => (
          <ul key={group}>
            {pages
              .filter((page) => page.group === group)
              .map(({ name, path }) => (
                <li key={path}>
                  <a href={path} aria-current={here?.path === path ? "page" : undefined}>
                    {name} <Count name={name} />
                  </a>
                </li>
              ))}
          </ul>
        ))}
        <Foot />
      </nav>
      <header class="phone-top">
        <a href="/" class="phone-mark">
          <Mark size={22} /> <b>{gatewayName()}</b>
          <span class="unseen">, {pages[0]?.name}</span>
        </a>
        <ConnectionLamp />
        <button type="button" onClick={onPalette}>
          Go to…
        </button>
      </header>
      <div class="stage">
        <Strip />
        <main id="content" tabIndex={-1}>
          {children}
        </main>
      </div>
      <nav class="phone-bottom" aria-label="Main pages">
        {pages.slice(0, phonePages).map(({ name, phone = name, path }) => (
          <a key={path} href={path} aria-current={here?.path === path ? "page" : undefined}>
            {phone}
            <Count name={name} isPhone />
          </a>
        ))}
        <a href="/more" aria-current={place.value.path === "/more" ? "page" : undefined}>
          More
        </a>
      </nav>
      <Announcements />
    </div>
  );
}

function gatewayName(): string {
  return systemInfo.value?.gateway ?? (offers("system") ? "gateway" : "server");
}

/** What stands right of a page's name: only what is true now, never zero. */
export function Count({
  name,
  isPhone = false,
}: {
  readonly name: string;
  readonly isPhone?: boolean;
}): JSX.Element | null {
  const figures = frame.value?.figures;
  if (name === "Overview") return plain(attention.value?.length ?? 0);
  if (name === "Messages" && !isPhone) {
    const rate = figures?.accepted ?? 0;
    return rate === 0 ? null : <span class="count">{formatRate(rate)}/min</span>;
  }
  if (name === "Queues") return lamps([["parked", figures?.parked ?? 0]]);
  if (name === "Tasks")
    return runningTasks.value === 0 ? null : <span class="count">{runningTasks.value} running</span>;
  const kind = ({ Channels: "channel", Routers: "router", Applications: "application" } as Record<string, WorkerKind>)[
    name
  ];
  if (kind === undefined) return null;
  const count = (state: LampState): number =>
    (workers.value ?? []).filter((worker) => worker.kind === kind && worker.lamp === state).length;
  return lamps([
    ["down", count("down")],
    ["degraded", count("degraded")],
  ]);
}

function plain(count: number): JSX.Element | null {
  return count === 0 ? null : <span class="count">{formatCount(count)}</span>;
}

function lamps(counts: readonly (readonly [LampState, number])[]): JSX.Element | null {
  const shown = counts.filter(([, count]) => count > 0);
  if (shown.length === 0) return null;
  return (
    <span class="count">
      {shown.map(([state, count]) => (
        <span key={state}>
          <Lamp state={state} size={10} /> {formatCount(count)}
        </span>
      ))}
    </span>
  );
}

function ConnectionLamp(): JSX.Element {
  const isLost = line.value.kind === "lost";
  return (
    <span class={`connection ${isLost ? "connection-lost" : ""}`}>
      <Lamp state={isLost ? "down" : "ok"} size={10} name="" /> {isLost ? "Connection lost" : "Connected"}
    </span>
  );
}

/** The viewer's zone; asked for once an hour, since it costs as much as a second's news and changes twice a year. */
const zone = computed(() => zoneAt(hour.value));
const hour = computed(() => Math.floor(now.value.getTime() / 3_600_000));

function zoneAt(hours: number): string {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" }).formatToParts(hours * 3_600_000);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

function Foot(): JSX.Element {
  return (
    <div class="rail-foot">
      <p>
        <ConnectionLamp />{" "}
        <span class="num">{isStale.value || latencyMs.value === undefined ? "" : `${latencyMs.value} ms`}</span>
      </p>
      <p class="num">
        {formatMoment(now.value, now.value)} {zone.value}
      </p>
      <p>
        <span>
          <a href="/settings/me">{me.value?.username ?? "–"}</a> · {me.value?.roles[0] ?? "no role"}
        </span>
        <button type="button" class="link" onClick={() => void logOut()}>
          Sign out
        </button>
      </p>
    </div>
  );
}

function useTitle(): void {
  const down = (workers.value ?? []).filter(({ lamp }) => lamp === "down").length;
  const parked = frame.value?.figures.parked ?? 0;
  const gatewayName = systemInfo.value?.gateway;
  useEffect(() => {
    const parts = [down > 0 ? `✕ ${down}` : "", parked > 0 ? `■ ${formatCount(parked)}` : ""].filter(
      (part) => part !== "",
    );
    pageState(parts.join(" "));
  }, [down, parked, gatewayName]);
}
