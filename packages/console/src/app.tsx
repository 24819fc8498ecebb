// The page as a whole: the door while nobody is logged in, else the shell with the page that the address names. Pages but the first are chunks.

import { type ComponentType, type JSX, render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { keyTable, startKeys, useKeys } from "./keys.ts";
import { Bar } from "./parts/bar.tsx";
import { KeysSheet } from "./parts/keys-sheet.tsx";
import { Palette } from "./parts/palette.tsx";
import { Count, Shell } from "./parts/shell.tsx";
import { Loading, State } from "./parts/state.tsx";
import { pageOf } from "./pages.ts";
import OverviewPage from "./pages/overview/index.tsx";
import { navigate, place, segments, startRouter } from "./router.ts";
import { startClock } from "./services/clock.ts";
import { type Opener, gateway, logIn, rememberedToken, useOpener } from "./services/connection.ts";
import { startLive } from "./services/live.ts";
import { phonePages, shownPageOf, shownPages } from "./services/offers.ts";
import { applyTheme } from "./services/settings.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/table.css";
import "./styles/messages.css";
import "./styles/forms.css";
import "./styles/board.css";
import "./styles/overview.css";
import "./styles/pages.css";
import "./styles/conversation.css";
import "./styles/house.css";

type Load = () => Promise<{ readonly default: ComponentType }>;

const chunks: Readonly<Record<string, Load>> = {
  talk: () => import("./pages/conversation/index.tsx"),
  messages: () => import("./pages/messages/index.tsx"),
  queues: () => import("./pages/queues/index.tsx"),
  channels: () => import("./pages/workers/index.tsx"),
  routers: () => import("./pages/workers/index.tsx"),
  applications: () => import("./pages/workers/index.tsx"),
  tasks: () => import("./pages/tasks/index.tsx"),
  services: () => import("./pages/services/index.tsx"),
  events: () => import("./pages/events/index.tsx"),
  plugins: () => import("./pages/plugins/index.tsx"),
  sessions: () => import("./pages/sessions/index.tsx"),
  logs: () => import("./pages/logs/index.tsx"),
  system: () => import("./pages/system/index.tsx"),
  settings: () => import("./pages/settings/index.tsx"),
};
const loadDoor: Load = () => import("./pages/door/index.tsx");

/** Shows the page. `opener` says which gateway it speaks with. */
export function start(opener: Opener): void {
  useOpener(opener);
  applyTheme();
  startRouter();
  startKeys();
  startClock();
  startLive();
  const root = document.querySelector("#page");
  if (root !== null) render(<App />, root);
}

function App(): JSX.Element {
  const [isReturning, setReturning] = useState(rememberedToken() !== undefined);
  useEffect(() => {
    const token = rememberedToken();
    // A link is a login of its own.
    if (token === undefined || segments.peek()[0] === "login") return;
    logIn({ token }).then(
      () => setReturning(false),
      () => setReturning(false),
    );
  }, []);
  const [first] = segments.value;
  if (gateway.value === undefined && isReturning && first !== "login") return <></>;
  if (gateway.value === undefined || first === "login") return <Chunk load={loadDoor} name="login" />;
  return <Inside />;
}

function Inside(): JSX.Element {
  const [over, setOver] = useState<"palette" | "keys" | undefined>();
  // Pages with a field to search by take the key of the filter for it.
  useKeys({ help: () => setOver("keys"), filter: () => setOver("palette") });
  const [first = ""] = segments.value;
  const isThere = shownPageOf(place.value.path) !== undefined;
  const isKnown = shownPages.value !== undefined;
  useEffect(() => {
    // A server without messaging has no overview.
    if (isKnown && first === "" && !isThere) navigate("/services", { replace: true });
  }, [isKnown, first, isThere]);
  if (!isKnown || (first === "" && !isThere)) return <></>;
  const load = isThere ? chunks[first] : undefined;
  const page =
    first === "" ? (
      <OverviewPage />
    ) : first === "more" ? (
      <MorePage />
    ) : load === undefined ? (
      <UnknownPage />
    ) : (
      <Chunk key={first} load={load} name={first} />
    );
  return (
    <>
      <Shell onPalette={() => setOver("palette")}>{page}</Shell>
      {over === "palette" ? <Palette onClose={() => setOver(undefined)} /> : null}
      {over === "keys" ? <KeysSheet table={keyTable} onClose={() => setOver(undefined)} /> : null}
    </>
  );
}

const loaded = new Map<Load, ComponentType>();

function Chunk({ load, name }: { readonly load: Load; readonly name: string }): JSX.Element {
  const [Page, setPage] = useState<ComponentType | undefined>(() => loaded.get(load));
  const [failure, setFailure] = useState<string | undefined>();
  useEffect(() => {
    load().then(
      (module) => {
        loaded.set(load, module.default);
        setPage(() => module.default);
      },
      (error: unknown) => setFailure(String(error)),
    );
  }, [load]);
  if (Page !== undefined) return <Page />;
  if (failure === undefined) return <Loading what={`the page ${name}`} />;
  return (
    <State kind="failed" title={`The page ${name} did not load`}>
      <p>{failure}. A new version of the console may have been installed.</p>
      <button type="button" onClick={() => location.reload()}>
        Reload
      </button>
    </State>
  );
}

/** On a phone: the pages that have no place at the bottom. */
function MorePage(): JSX.Element {
  return (
    <>
      <Bar title="More" />
      <ul class="more-list">
        {(shownPages.value ?? []).slice(phonePages).map(({ name, path }) => (
          <li key={path}>
            <a href={path}>
              {name} <Count name={name} />
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

function UnknownPage(): JSX.Element {
  const page = pageOf(place.value.path);
  return (
    <>
      <Bar title="No such page" />
      <div class="page">
        <State kind="none" title={`Nothing is at ${place.value.path}`}>
          {page === undefined ? null : <p>{page.name} is a page of gateways; this server has no messaging.</p>}
          <p>
            <a href="/">To the first page</a>
          </p>
        </State>
      </div>
    </>
  );
}
