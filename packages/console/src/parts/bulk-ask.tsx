// The question before a bulk retry or drop. Its numbers come from the server when it opens and again when it is confirmed; more than 5 % apart, it
// says so instead of acting. What is dropped is saved as a file first.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatAbout, formatCount, formatMoment, formatRate, plural } from "../format.ts";
import { Ask } from "./ask.tsx";
import { movedTooFar } from "./moved.ts";
import { Loaded } from "./state.tsx";
import { now } from "../services/clock.ts";
import type { BulkPreview } from "../services/types.ts";
import { call, submitTask, useCall } from "../services/use-call.ts";
import { type Choice, saveParked } from "./save-parked.tsx";

/** What is done to many. */
export type BulkAction = "retry" | "drop";

interface AskProps {
  readonly choice: Choice;
  readonly onNo: () => void;
  readonly onTask: (id: number) => void;
}

/** The question. */
export function BulkAsk({
  action,
  rate,
  ...props
}: AskProps & { readonly action: BulkAction; readonly rate: number | null }): JSX.Element {
  const preview = useCall<BulkPreview>("bus.preview", [{ action, ...props.choice }]);
  return (
    <Loaded of={preview} what="What would happen" lines={2}>
      {(data) =>
        action === "drop" ? (
          <DropQuestion {...props} preview={data} />
        ) : (
          <RetryQuestion {...props} rate={rate} preview={data} />
        )
      }
    </Loaded>
  );
}

/** Counts again; a text when it is too far from what was asked about. */
async function recount(
  action: BulkAction,
  choice: Choice,
  expected: number,
): Promise<{ readonly count: number; readonly news?: string }> {
  const { count } = await call<BulkPreview>("bus.preview", { action, ...choice });
  if (!movedTooFar(expected, count)) return { count };
  const news = `It is ${plural(count, "message")} now, not ${formatCount(expected)}. Nothing was done; confirm again to go on.`;
  return { count, news };
}

function DropQuestion({ choice, preview, onNo, onTask }: AskProps & { readonly preview: BulkPreview }): JSX.Element {
  const [expected, setExpected] = useState(preview.count);
  const [isSaving, setSaving] = useState(true);
  const [saved, setSaved] = useState(0);
  const count = formatCount(expected);
  const drop = async (): Promise<void> => {
    if (isSaving) {
      const found = await saveParked(choice, setSaved);
      // Nothing is dropped that is not in the file.
      if (found < expected) {
        const message = `only ${formatCount(found)} of ${count} could be saved; nothing was dropped`;
        throw { method: "bus.parked_export", code: "EIO", message, tookMs: 0 };
      }
    }
    const keep = isSaving ? { save: true } : {};
    onTask(await submitTask("bus.drop", { ...choice, ...keep, expected }));
  };
  return (
    <Ask
      level={2}
      title={`Drop ${plural(expected, "message")}?`}
      verb={`Drop ${count}`}
      doing={isSaving && saved < expected ? `Saving, ${formatCount(saved)} of ${count}` : `Dropping ${count}`}
      type={String(expected)}
      cancel={expected === 1 ? "Keep it" : "Keep them"}
      recheck={async () => {
        const { count: found, news } = await recount("drop", choice, expected);
        if (news !== undefined) setExpected(found);
        return news;
      }}
      onYes={drop}
      onNo={onNo}
    >
      <p>
        {expected === 1 ? "It leaves" : "They leave"} <b>{choice.queue}</b> for good.{" "}
        {plural(expected, "person", "people")} {expected === 1 ? "gets" : "get"} nothing, and no retry is possible
        afterwards.
      </p>
      <label>
        <input type="checkbox" checked={isSaving} onChange={(event) => setSaving(event.currentTarget.checked)} /> Save
        {expected === 1 ? " it" : " them"} to a file first: {plural(expected, "line")}, here and on the gateway
      </label>
    </Ask>
  );
}

function RetryQuestion({
  choice,
  rate,
  preview,
  onNo,
  onTask,
}: AskProps & { readonly rate: number | null; readonly preview: BulkPreview }): JSX.Element {
  const [isNarrow, setNarrow] = useState(false);
  const [minutes, setMinutes] = useState(20);
  const [news, setNews] = useState<number | undefined>();
  const narrowed: Choice = isNarrow ? { ...choice, newer_than_ms: minutes * 60_000 } : choice;
  const narrow = useCall<BulkPreview>(isNarrow ? "bus.preview" : undefined, [{ action: "retry", ...narrowed }]);
  const known = isNarrow ? narrow.data : preview;
  const expected = news ?? known?.count;
  const oldest = known?.oldest ?? null;
  const estimate = known?.estimate_ms ?? null;
  const count = formatCount(expected);
  const submit = async (): Promise<void> => {
    if (expected !== undefined) onTask(await submitTask("bus.retry", { ...narrowed, expected }));
  };
  return (
    <Ask
      level={1}
      title={expected === undefined ? "Retry?" : `Retry ${plural(expected, "message")}?`}
      verb={`Retry ${count}`}
      doing={`Retrying ${count}`}
      note="runs as a task with progress; you can stop it"
      recheck={async () => {
        if (expected === undefined) return "The number is not known yet. Nothing was done.";
        const again = await recount("retry", narrowed, expected);
        if (again.news !== undefined) setNews(again.count);
        return again.news;
      }}
      onYes={submit}
      onNo={onNo}
    >
      <p>
        They join the end of the queue
        {known?.position === null || known?.position === undefined
          ? ""
          : `, behind ${formatCount(known.position)} others`}
        .
        {rate === null || estimate === null ? null : (
          <>
            {" "}
            At {formatRate(rate)} a minute the last leaves in <b>about {formatAbout(estimate)}</b>.
          </>
        )}{" "}
        Each counts as a new first try.
        {oldest === null ? "" : ` The oldest is from ${formatMoment(oldest, now.peek())}.`}
      </p>
      <label>
        <input
          type="checkbox"
          checked={isNarrow}
          onChange={(event) => {
            setNarrow(event.currentTarget.checked);
            setNews(undefined);
          }}
        />{" "}
        Leave out those older than
        <input
          type="number"
          min="1"
          aria-label="Minutes"
          value={minutes}
          onInput={(event) => {
            setMinutes(Math.max(1, Number(event.currentTarget.value)));
            setNews(undefined);
          }}
        />{" "}
        min
        {isNarrow && expected !== undefined
          ? `: ${formatCount(Math.max(0, preview.count - expected))} stay parked`
          : ""}
      </label>
    </Ask>
  );
}
