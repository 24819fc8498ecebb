// The question before a bulk retry or drop. Its numbers come from the server when it opens and again when it is confirmed; more than 5 % apart, it
// says so instead of acting.

import { movedTooFar } from "../../parts/moved.ts";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatAbout, formatCount, formatMoment, formatRate, plural } from "../../format.ts";
import { Ask } from "../../parts/ask.tsx";
import { Loaded } from "../../parts/state.tsx";
import { now } from "../../services/clock.ts";
import type { BulkPreview } from "../../services/types.ts";
import { call, submitTask, useCall } from "../../services/use-call.ts";

/** What is done to many. */
export type BulkAction = "retry" | "drop";

/** Which messages. */
export interface Choice {
  readonly queue: string;
  readonly cause?: string;
  readonly ids?: readonly string[];
}

/** The question. */
export function BulkAsk({
  action,
  choice,
  rate,
  onNo,
  onTask,
}: {
  readonly action: BulkAction;
  readonly choice: Choice;
  readonly rate: number | null;
  readonly onNo: () => void;
  readonly onTask: (id: number) => void;
}): JSX.Element {
  const preview = useCall<BulkPreview>("bus.preview", [{ action, ...choice }]);
  return (
    <Loaded of={preview} what="What would happen" lines={2}>
      {(data) => (
        <BulkQuestion action={action} choice={choice} rate={rate} preview={data} onNo={onNo} onTask={onTask} />
      )}
    </Loaded>
  );
}

interface QuestionProps {
  readonly action: BulkAction;
  readonly choice: Choice;
  readonly rate: number | null;
  readonly preview: BulkPreview;
  readonly onNo: () => void;
  readonly onTask: (id: number) => void;
}

function BulkQuestion({ action, choice, rate, preview, onNo, onTask }: QuestionProps): JSX.Element {
  const [isNarrow, setNarrow] = useState(false);
  const [minutes, setMinutes] = useState(20);
  const [expected, setExpected] = useState(preview.count);
  const args = isNarrow ? { ...choice, older_than_ms: minutes * 60_000 } : choice;
  const recheck = async (): Promise<string | undefined> => {
    const { count } = await call<BulkPreview>("bus.preview", { action, ...choice });
    if (!movedTooFar(expected, count)) return undefined;
    setExpected(count);
    return `It is ${plural(count, "message")} now, not ${formatCount(expected)}. Nothing was done; confirm again to go on.`;
  };
  const submit = async (): Promise<void> => onTask(await submitTask(`bus.${action}`, args));
  const count = formatCount(expected);
  if (action === "drop") {
    return (
      <Ask
        level={2}
        title={`Drop ${plural(expected, "message")}?`}
        verb={`Drop ${count}`}
        doing={`Dropping ${count}`}
        type={String(expected)}
        cancel="Keep them"
        recheck={recheck}
        onYes={submit}
        onNo={onNo}
      >
        <p>
          They leave <b>{choice.queue}</b> for good. {plural(expected, "person", "people")} get nothing, and no retry is
          possible afterwards.
        </p>
      </Ask>
    );
  }
  const oldest = preview.oldest === null ? "" : ` The oldest is from ${formatMoment(preview.oldest, now.peek())}.`;
  return (
    <Ask
      level={1}
      title={`Retry ${plural(expected, "message")}?`}
      verb={isNarrow ? "Retry the newer ones" : `Retry ${count}`}
      doing={`Retrying ${count}`}
      note="runs as a task with progress; you can stop it"
      recheck={recheck}
      onYes={submit}
      onNo={onNo}
    >
      <p>
        They join the end of the queue
        {preview.position === null ? "" : `, behind ${formatCount(preview.position)} others`}.
        {rate === null || preview.estimate_ms === null ? "" : ` At ${formatRate(rate)} a minute the last leaves in `}
        {rate === null || preview.estimate_ms === null ? "" : <b>about {formatAbout(preview.estimate_ms)}</b>}
        {rate === null || preview.estimate_ms === null ? "" : "."} Each counts as a new first try.{oldest}
      </p>
      <label>
        <input type="checkbox" checked={isNarrow} onChange={(event) => setNarrow(event.currentTarget.checked)} /> Leave
        out those older than
        <input
          type="number"
          min="1"
          aria-label="Minutes"
          value={minutes}
          onInput={(event) => setMinutes(Math.max(1, Number(event.currentTarget.value)))}
        />{" "}
        min; they stay parked
      </label>
    </Ask>
  );
}
