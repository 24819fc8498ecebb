// Plugins: what is loaded, from where; one with what it has registered and requires, reloaded or unloaded by an administrator.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatCount, plural, textOf } from "../../format.ts";
import { Ask, RoleButton } from "../../parts/ask.tsx";
import { Bar } from "../../parts/bar.tsx";
import { Code, toJson } from "../../parts/code.tsx";
import { Inspector } from "../../parts/inspector.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { Loaded, State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { navigate, path, segments } from "../../router.ts";
import { hasRole, runningTasks } from "../../services/live.ts";
import type { LampState } from "../../services/types.ts";
import { call, useCall } from "../../services/use-call.ts";

interface Plugin {
  readonly name: string;
  /** `LOADED`, `UNLOADED`, `ERROR`… */
  readonly state: string;
  readonly error: unknown;
  /** Null: it is part of the gateway. */
  readonly filename?: string | null;
  readonly requires?: readonly string[];
  /** Words as `service bus`, `task bus.retry`, `event type bus.changed`. */
  readonly registered?: readonly string[];
  readonly metadata?: unknown;
}

function lampOf({ state, error }: Plugin): LampState {
  if (error !== null && error !== undefined) return "down";
  return state.toUpperCase() === "LOADED" ? "ok" : "stopped";
}

function countOf({ registered = [] }: Plugin, kind: string): number {
  return registered.filter((each) => each.startsWith(`${kind} `)).length;
}

const columns: readonly Column<Plugin>[] = [
  {
    id: "name",
    name: "Plugin",
    width: "minmax(120px, 1fr)",
    cell: (plugin) => (
      <>
        <Lamp state={lampOf(plugin)} size={10} name="" /> <b>{plugin.name}</b>
      </>
    ),
    sort: (plugin) => plugin.name,
    phone: "name",
  },
  {
    id: "state",
    name: "State",
    width: "110px",
    cell: (plugin) => plugin.state.toLowerCase(),
    sort: (plugin) => plugin.state,
    phone: "end",
  },
  {
    id: "offers",
    name: "Offers",
    width: "minmax(160px, 1fr)",
    cell: (plugin) =>
      [
        ["service", "service", "services"],
        ["task", "task", "tasks"],
        ["event type", "event", "events"],
      ]
        .map(([kind = "", one = "", many = ""]) => [countOf(plugin, kind), one, many] as const)
        .flatMap(([count, one, many]) => (count === 0 ? [] : [plural(count, one, many)]))
        .join(", "),
    phone: "text",
  },
  {
    id: "file",
    name: "From",
    width: "minmax(120px, 1fr)",
    cell: (plugin) => plugin.filename ?? "built in",
    sort: (plugin) => plugin.filename ?? "",
    phone: "least",
  },
];

/** The page. */
export default function PluginsPage(): JSX.Element {
  const plugins = useCall<readonly Plugin[]>("plugins.query", [], ["plugin.*", "plugins.*"]);
  const [, name] = segments.value;
  const open = plugins.data?.find((plugin) => plugin.name === name);
  return (
    <div class="split">
      <div class="split-list">
        <Bar title="Plugins" note={plugins.data === undefined ? undefined : plural(plugins.data.length, "plugin")} />
        <Loaded of={plugins} what="The list of plugins">
          {(rows) => (
            <Table
              label="Plugins"
              columns={columns}
              rows={rows}
              keyOf={(plugin) => plugin.name}
              open={name}
              hrefOf={(plugin) => path("plugins", plugin.name)}
              empty={
                <State kind="empty" title="No plugin">
                  <p>Plugins add services, tasks and events.</p>
                </State>
              }
            />
          )}
        </Loaded>
      </div>
      {open === undefined ? null : (
        <PluginInspector key={open.name} plugin={open} all={plugins.data ?? []} again={plugins.again} />
      )}
    </div>
  );
}

interface PluginProps {
  readonly plugin: Plugin;
  readonly all: readonly Plugin[];
  readonly again: () => void;
}

function PluginInspector({ plugin, all, again }: PluginProps): JSX.Element {
  const [asking, setAsking] = useState<"reload" | "unload" | undefined>();
  const { name, filename, requires = [], registered = [], metadata, error } = plugin;
  const isBuiltIn = filename === null || filename === undefined;
  const isAdmin = hasRole("admin");
  return (
    <Inspector
      title={name}
      note={plugin.state.toLowerCase()}
      lamp={lampOf(plugin)}
      onClose={() => navigate("/plugins")}
    >
      {error === null || error === undefined ? null : (
        <p class="act-error">
          <Lamp state="down" name="failed" /> {typeof error === "string" ? error : toJson(error)}
        </p>
      )}
      {isBuiltIn ? (
        <p class="quiet-text">It is part of the gateway: it comes and goes with it.</p>
      ) : (
        <p class="buttons">
          <RoleButton
            role="admin"
            allowed={isAdmin}
            disabled={asking !== undefined}
            onClick={() => setAsking("reload")}
          >
            Reload…
          </RoleButton>
          <RoleButton
            role="admin"
            allowed={isAdmin}
            disabled={asking !== undefined}
            onClick={() => setAsking("unload")}
          >
            Unload…
          </RoleButton>
        </p>
      )}
      {asking === undefined ? null : (
        <PluginAsk
          plugin={plugin}
          all={all}
          act={asking}
          onNo={() => setAsking(undefined)}
          onDone={() => {
            setAsking(undefined);
            again();
          }}
        />
      )}
      <dl class="facts">
        <dt>from</dt>
        <dd class="mono">{filename ?? "built in"}</dd>
        <dt>requires</dt>
        <dd>
          {requires.length === 0
            ? "nothing"
            : requires.map((each, index) => (
                <>
                  {index === 0 ? "" : ", "}
                  <a href={path("plugins", each)}>{each}</a>
                </>
              ))}
        </dd>
      </dl>
      <h3>What it has registered</h3>
      {registered.length === 0 ? <p class="quiet-text">Nothing.</p> : null}
      <ul class="related">
        {registered.map((each) => (
          <Registered key={each} words={each} />
        ))}
      </ul>
      {metadata === null || metadata === undefined ? null : (
        <Code value={toJson(metadata)} language="json" label="What it says of itself" />
      )}
    </Inspector>
  );
}

function Registered({ words }: { readonly words: string }): JSX.Element {
  const [, kind = "", name = ""] = /^(service|task|event type) (.+)$/.exec(words) ?? [];
  const places: Readonly<Record<string, string>> = {
    service: path("services", name),
    task: path("tasks", "new", name),
    "event type": `/events?mask=${encodeURIComponent(name)}`,
  };
  const href = places[kind];
  return <li>{href === undefined ? <span>{words}</span> : <a href={href}>{`${kind} ${name}`}</a>}</li>;
}

function PluginAsk({
  plugin,
  all,
  act,
  onNo,
  onDone,
}: {
  readonly plugin: Plugin;
  readonly all: readonly Plugin[];
  readonly act: "reload" | "unload";
  readonly onNo: () => void;
  readonly onDone: () => void;
}): JSX.Element {
  const { name } = plugin;
  const others = all.filter(({ requires = [] }) => requires.includes(name)).map((each) => each.name);
  const verb = act === "reload" ? "Reload" : "Unload";
  const running = runningTasks.value;
  return (
    <Ask
      level={running > 0 ? 2 : 1}
      title={`${verb} ${name}?`}
      verb={`${verb} ${name}`}
      doing={act === "reload" ? "Reloading" : "Unloading"}
      {...(running > 0 ? { type: name } : {})}
      onYes={async () => {
        await call(`plugins.${act}`, name);
        onDone();
      }}
      onNo={onNo}
    >
      <p>
        {others.length === 0 ? "No other plugin requires it." : `With it: ${others.join(", ")}.`}{" "}
        {plural(countOf(plugin, "service"), "service")} and {plural(countOf(plugin, "task"), "kind")} of tasks are away{" "}
        {act === "reload" ? "until it is back, with its file read again" : "until it is loaded again"}.
        {running === 0 ? "" : ` ${formatCount(running)} ${running === 1 ? "task runs" : "tasks run"} now.`}
        {textOf(plugin.error ?? "") === "" ? "" : " It has failed before."}
      </p>
    </Ask>
  );
}
