// One channel, router or application: its tabs, its state, start, stop, pause, restart with the consequence said before.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural as count, formatCount, formatMoment, formatRate } from "../../format.ts";
import { keyHint, useKeys } from "../../keys.ts";
import { Ask, RoleButton } from "../../parts/ask.tsx";
import { Bar } from "../../parts/bar.tsx";
import { Lamp, lampWords } from "../../parts/lamp.tsx";
import { Loaded } from "../../parts/state.tsx";
import { Work } from "../../parts/work.tsx";
import { navigate, path, place, segments, setQuery } from "../../router.ts";
import { now } from "../../services/clock.ts";
import { frame, hasRole } from "../../services/live.ts";
import type { Worker } from "../../services/types.ts";
import { submitTask, useCall } from "../../services/use-call.ts";
import { LogLevel } from "../logs/log-level.tsx";
import { LogList } from "../logs/log-list.tsx";
import { type WorkerAct, actWords, goesAtOnce, isDown } from "./acts.ts";
import { RemoveQuestion } from "./remove-question.tsx";
import { ExplainTab } from "./explain-tab.tsx";
import { RulesTab } from "./rules-tab.tsx";
import { SettingsTab } from "./settings-tab.tsx";
import { StatusHistory } from "./status-history.tsx";
import { Traffic } from "./traffic-tab.tsx";
import { rulesPath } from "./try-message.tsx";

/** The page. */
export function WorkerPage({
  plural,
  title,
  name,
}: {
  readonly plural: string;
  readonly title: string;
  readonly name: string;
}): JSX.Element {
  const worker = useCall<Worker>("workers.get", [name], ["workers.changed"]);
  const isRouter = plural === "routers";
  const tabs = isRouter
    ? ["rules", "traffic", "explain", "settings", "logs", "history"]
    : ["traffic", "settings", "logs", "history"];
  const [, , given] = segments.value;
  const tab = given ?? tabs[0] ?? "traffic";
  const names: Readonly<Record<string, string>> = {
    rules: "Rules",
    traffic: "Traffic",
    explain: "Explain",
    settings: "Settings",
    logs: "Logs",
    history: "Status history",
  };
  const data = worker.data;
  return (
    <>
      <Bar
        path={[{ name: title, href: `/${plural}` }]}
        title={name}
        note={
          data === undefined ? undefined : (
            <>
              <Lamp state={data.lamp} name="" /> {stateWords(data)} since {formatMoment(data.since, now.peek())}
              {data.lamp === "parked" ? ", messages are parked" : ""}
            </>
          )
        }
        tabs={tabs.map((each) => ({ name: names[each] ?? each, href: path(plural, name, each), isOpen: each === tab }))}
      />
      <Loaded of={worker} what={name}>
        {(loaded) => {
          if (tab === "settings") return <SettingsTab worker={loaded} again={worker.again} />;
          return (
            <div class="page panel">
              <Control worker={loaded} plural={plural} />
              {tab === "rules" ? <RulesTab worker={loaded} /> : null}
              {tab === "explain" ? <ExplainTab worker={loaded} /> : null}
              {tab === "traffic" ? <Traffic worker={loaded} /> : null}
              {tab === "logs" ? (
                <>
                  <LogLevel worker={name} />
                  <LogList worker={name} />
                </>
              ) : null}
              {tab === "history" ? <StatusHistory entries={loaded.status_history ?? loaded.status} /> : null}
            </div>
          );
        }}
      </Loaded>
    </>
  );
}

/** An error without the name that stands above it already. */
function ownWords(error: string, name: string): string {
  return error.replace(`worker ${name}: `, "").replace(/\.$/, "");
}

/** What it is; one that is down, or runs and is in trouble, is told by its trouble. */
function stateWords({ state, lamp }: Worker): string {
  return lamp === "down" || (state === "running" && lamp !== "ok" && lamp !== "parked") ? lampWords[lamp] : state;
}

function Control({ worker, plural }: { readonly worker: Worker; readonly plural: string }): JSX.Element {
  const asked = place.value.query.get("ask");
  const [task, setTask] = useState<number | undefined>();
  const isAct = asked === "stop" || asked === "pause" || asked === "resume" || asked === "restart" || asked === "start";
  const isPaused = worker.state === "paused";
  const isStopped = isDown(worker.state);
  const can = hasRole("operator");
  const ask = (act: WorkerAct): void => {
    if (goesAtOnce(act)) void submitTask(`worker.${act}`, { name: worker.name }).then(setTask);
    else setQuery({ ask: act });
  };
  useKeys({
    pause: () => (can ? ask(isPaused ? "resume" : "pause") : false),
    talk: () => (plural === "channels" ? navigate(path("talk", worker.name)) : false),
    edit: () => navigate(plural === "routers" ? rulesPath(worker.name) : path(plural, worker.name, "settings")),
    copyLink: () => navigator.clipboard.writeText(location.href),
  });
  return (
    <section class="panel" aria-label="State">
      {worker.status
        .filter(({ status }) => status !== "ok")
        .map((entry) => (
          <p key={entry.component}>
            <Lamp state={entry.status} /> <b>{entry.component}</b>: {entry.message} <code>{entry.type}</code>, since{" "}
            {formatMoment(entry.since, now.peek())}
          </p>
        ))}
      {worker.meanwhile === null || worker.meanwhile === undefined ? null : (
        <p>
          <Lamp state={worker.lamp} name="" /> {lampWords[worker.lamp]} since {formatMoment(worker.since, now.value)}
          {worker.last_error === null || worker.lamp !== "down"
            ? ""
            : `: ${ownWords(worker.last_error.message, worker.name)}`}
          .{" "}
          {worker.meanwhile === 0 ? (
            "Nothing arrived meanwhile. What does waits in its queues until it runs again."
          ) : (
            <>
              <b>{count(worker.meanwhile, "message")}</b> arrived meanwhile. They wait in its queues and go on when it
              runs again; none is lost.
            </>
          )}
        </p>
      )}
      <p class="buttons">
        {isStopped ? (
          <RoleButton role="operator" allowed={can} onClick={() => ask("start")}>
            Start
          </RoleButton>
        ) : (
          <>
            <RoleButton role="operator" allowed={can} onClick={() => ask(isPaused ? "resume" : "pause")}>
              {isPaused ? "Resume" : "Pause…"} <kbd>{keyHint("pause")}</kbd>
            </RoleButton>
            <RoleButton role="operator" allowed={can} onClick={() => ask("restart")}>
              Restart…
            </RoleButton>
            <RoleButton role="operator" allowed={can} onClick={() => ask("stop")}>
              Stop…
            </RoleButton>
          </>
        )}
        {plural === "channels" ? (
          <a class="button" href={path("talk", worker.name)}>
            Talk <kbd>{keyHint("talk")}</kbd>
          </a>
        ) : null}
        <a class="button quiet" href={`/messages?q=${encodeURIComponent(`${worker.kind}:${worker.name}`)}`}>
          Its messages
        </a>
        <RoleButton role="operator" allowed={can} kind="quiet" onClick={() => setQuery({ ask: "remove" })}>
          Remove…
        </RoleButton>
      </p>
      {isAct && can ? (
        <ActQuestion
          worker={worker}
          act={asked}
          onNo={() => setQuery({ ask: null })}
          onTask={(id) => {
            setQuery({ ask: null });
            setTask(id);
          }}
        />
      ) : null}
      {asked === "remove" && can ? (
        <RemoveQuestion worker={worker} plural={plural} onNo={() => setQuery({ ask: null })} />
      ) : null}
      {task === undefined ? null : <Work id={task} compact onClose={() => setTask(undefined)} />}
    </section>
  );
}

function ActQuestion({
  worker,
  act,
  onNo,
  onTask,
}: {
  readonly worker: Worker;
  readonly act: WorkerAct;
  readonly onNo: () => void;
  readonly onTask: (id: number) => void;
}): JSX.Element {
  const rates = frame.value?.workers[worker.name];
  const { verb, doing, after } = actWords[act];
  const waits = `${formatRate(rates?.in)} messages a minute come in and ${formatRate(rates?.out)} go out here`;
  return (
    <Ask
      level={1}
      title={`${verb} ${worker.name}?`}
      verb={`${verb} ${worker.name}`}
      doing={doing}
      note="runs as a task"
      onYes={async () => onTask(await submitTask(`worker.${act}`, { name: worker.name }))}
      onNo={onNo}
    >
      <p>
        {waits}; {formatCount(rates?.waiting)} wait now. {after}
      </p>
    </Ask>
  );
}
