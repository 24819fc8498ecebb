// After the first sign-in by link: three ways to write to this gateway, each ticked as soon as a message has come by it. Closed for good by hand.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { copyText } from "../../parts/code.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { path } from "../../router.ts";
import { frame, workers } from "../../services/live.ts";
import { readSetting, writeSetting } from "../../services/settings.ts";
import type { PhoneLine, Worker } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";

/** Something to try: a command to type, or a page to open. */
interface Trial {
  readonly worker: string;
  readonly title: string;
  readonly command?: string;
  readonly href?: string;
}

/** The box; nothing when it is not wanted. */
export function Welcome(): JSX.Element | null {
  const [isOpen, setOpen] = useState(() => readSetting("welcome") === "open");
  const [done, setDone] = useState<ReadonlySet<string>>(() => new Set(readSetting("welcomeDone")?.split(" ")));
  const lines = useCall<readonly PhoneLine[]>(isOpen ? "phone.lines" : undefined);
  const trials = trialsOf(workers.value ?? [], lines.data?.[0]?.channel);
  const arrived = trials
    .filter(({ worker }) => (frame.value?.workers[worker]?.in ?? 0) > 0)
    .map(({ worker }) => worker);
  useEffect(() => {
    if (arrived.every((worker) => done.has(worker))) return;
    const all = [...new Set([...done, ...arrived])];
    writeSetting("welcomeDone", all.join(" "));
    setDone(new Set(all));
  }, [arrived.join(" ")]);
  if (!isOpen || trials.length === 0) return null;
  const isAll = trials.every(({ worker }) => done.has(worker));
  const close = (): void => {
    writeSetting("welcome", "done");
    setOpen(false);
  };
  return (
    <section class="welcome panel" aria-labelledby="welcome-name">
      <header class="section-head">
        <h2 id="welcome-name">
          {isAll ? "All of it works" : `${trials.length === 1 ? "One thing" : `${words[trials.length]} things`} to try`}
        </h2>
        <span class="quiet-text">
          {isAll ? "What you wrote is on the map and under Messages." : "Each is ticked when its message has come in."}
        </span>
        <button type="button" class="link section-acts" onClick={close}>
          Close
        </button>
      </header>
      <ol>
        {trials.map(({ worker, title, command, href }) => (
          <li key={worker} class={done.has(worker) ? "welcome-done" : ""}>
            <Lamp state={done.has(worker) ? "ok" : "unknown"} name={done.has(worker) ? "done" : "not yet"} />
            <span>{title}</span>
            {command === undefined ? null : (
              <span class="welcome-command">
                <code>{command}</code>{" "}
                <button type="button" class="small quiet" onClick={() => void copyText(command)}>
                  Copy
                </button>
              </span>
            )}
            {href === undefined ? null : <a href={href}>Open the phone</a>}
          </li>
        ))}
      </ol>
    </section>
  );
}

const words = ["No", "One", "Two", "Three"];

function trialsOf(all: readonly Worker[], phone: string | undefined): readonly Trial[] {
  const running = all.filter(({ kind, state }) => kind === "channel" && state === "running");
  const telnet = running.find((worker) => worker.class === "TelnetServerTransport");
  const http = running.find((worker) => worker.class === "HttpApiTransport");
  const port = /:(\d+)/.exec(telnet?.address ?? "")?.[1];
  const place = /(:\d+\S*)/.exec(http?.address ?? "")?.[1];
  return [
    ...(telnet === undefined || port === undefined
      ? []
      : [{ worker: telnet.name, title: "Type a line", command: `telnet ${location.hostname} ${port}` }]),
    ...(http === undefined || place === undefined
      ? []
      : [{ worker: http.name, title: "Ask over HTTP", command: `curl "${location.hostname}${place}?content=hello"` }]),
    ...(phone === undefined ? [] : [{ worker: phone, title: "Write a text", href: path("talk", phone) }]),
  ];
}
