// What needs attention, one sentence per trouble, the worst first; when all is well, what the last trouble was.

import type { JSX } from "preact";
import { formatAbout, formatMoment } from "../../format.ts";
import { useKeys } from "../../keys.ts";
import { Lamp } from "../../parts/lamp.tsx";
import { Loading, State } from "../../parts/state.tsx";
import { navigate } from "../../router.ts";
import { now } from "../../services/clock.ts";
import { attention, liveErrors, workers } from "../../services/live.ts";
import type { Attention, Worker } from "../../services/types.ts";
import type { PastAttention } from "../../services/types/figures.ts";
import { useCall } from "../../services/use-call.ts";

/** The list; the digits 1 to 9 open its lines. */
export function AttentionList(): JSX.Element {
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
  if (all.length === 0 && lines.length > 0) return <AllWell lines={lines} />;
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

function AllWell({ lines }: { readonly lines: readonly Worker[] }): JSX.Element {
  const last = useCall<PastAttention | null>("attention.last", [], ["attention.changed"]);
  // Those that a person stopped or paused are not open, and not in trouble.
  const open = lines.filter(({ lamp }) => lamp === "ok").length;
  const title =
    open < lines.length
      ? `${open} of ${lines.length} lines are open`
      : lines.length === 1
        ? "The one line is open"
        : `All ${lines.length} lines are open`;
  return (
    <State kind="well" title={title}>
      <p>
        Nothing needs attention.{" "}
        {last.data === undefined || last.data === null ? null : <LastTrouble trouble={last.data} />}
      </p>
    </State>
  );
}

function LastTrouble({ trouble }: { readonly trouble: PastAttention }): JSX.Element {
  const times = [trouble.since, trouble.until]
    .filter((moment) => moment !== null)
    .map((moment) => formatMoment(moment, now.value));
  return (
    <>
      The last trouble was <SentenceOf item={trouble} /> <span class="num">{times.join(" to ")}</span>.{" "}
      <a href={trouble.path}>Look at it</a>
    </>
  );
}

function AttentionLine({ item, digit }: { readonly item: Attention; readonly digit: number }): JSX.Element {
  const isParked = item.subject.kind === "queue" || item.lamp === "parked";
  const sortOut = item.text.startsWith("1 message ") ? "Sort it out" : "Sort them out";
  const way = isParked ? sortOut : `Open ${item.subject.kind}`;
  return (
    <a href={item.path} class="attention-line" aria-keyshortcuts={String(digit)}>
      <Lamp state={item.lamp} />
      <span class="attention-text">
        <SentenceOf item={item} />
        {item.cost === null || item.cost === "" ? "." : `. ${asSentence(item.cost)}`}
      </span>
      <span class="attention-since num">
        {item.since === null ? "" : `since ${formatMoment(item.since, now.value)}`}
      </span>
      <span class="attention-age num">
        {item.since === null ? "" : formatAbout(now.value.getTime() - item.since.getTime())}
      </span>
      <span class="attention-way">{way}</span>
    </a>
  );
}

/** What happened, with the name of what it happened to made out, and the code where the words do not have it. */
function SentenceOf({ item }: { readonly item: Attention }): JSX.Element {
  const { subject, code } = item;
  const text = item.text.replace(`: worker ${subject.name}: `, ": ").replace(/\.$/, "");
  const at = text.indexOf(subject.name);
  const [before, after] =
    at === -1 ? ["", ` ${text}`] : [text.slice(0, at), text.slice(at + subject.name.length).replace(/^: /, " ")];
  return (
    <>
      {before}
      <b>{subject.name}</b>
      {after}
      {code === undefined || code === null || text.includes(code) ? "" : ` (${code})`}
    </>
  );
}

function asSentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return start.endsWith(".") ? start : `${start}.`;
}
