// A task while it runs: what it does, how far it is, how long it will take, how to stop it. Compact it stands where its button was.

import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { formatAbout, formatCount, formatMoment, shortId, textOf } from "../format.ts";
import { now } from "../services/clock.ts";
import type { LampState, TaskRecord } from "../services/types.ts";
import { call, useAct, useCall } from "../services/use-call.ts";
import { Lamp } from "./lamp.tsx";
import { ActError, Loaded } from "./state.tsx";

/** Which lamp a task's state has. */
export function taskLamp(state: string): LampState {
  if (state === "FINISHED") return "ok";
  if (state === "FAILED") return "down";
  if (state === "ABORTED") return "paused";
  if (state === "EXECUTING" || state === "ROLLBACK") return "starting";
  return "stopped";
}

/** Whether a task in this state is over. */
export function isOver(state: string): boolean {
  return ["FINISHED", "FAILED", "ABORTED"].includes(state);
}

/** What a task does, in words; its kind where it has none. */
export function taskWords({ description, name }: TaskRecord): string {
  if (typeof description === "string") return description;
  const words = description?.message ?? description?.name;
  return typeof words === "string" ? words : name;
}

/** A task by its id, followed until it is over. */
export function Work({
  id,
  compact = false,
  onClose,
}: {
  readonly id: number;
  readonly compact?: boolean;
  readonly onClose?: () => void;
}): JSX.Element {
  const task = useCall<TaskRecord>("task.status", [id], ["task.progress", "task.updated", "task.changed"]);
  return (
    <section class={`work ${compact ? "work-compact" : ""}`} aria-label={`Task ${id}`}>
      <Loaded of={task} what="The task" lines={2}>
        {(data) => (
          <WorkBody task={data} compact={compact} again={task.again} {...(onClose === undefined ? {} : { onClose })} />
        )}
      </Loaded>
    </section>
  );
}

interface BodyProps {
  readonly task: TaskRecord;
  readonly compact: boolean;
  readonly again: () => void;
  readonly onClose?: () => void;
}

function WorkBody({ task, compact, again, onClose }: BodyProps): JSX.Element {
  const percent = isOver(task.state) && task.state === "FINISHED" ? 100 : (task.progress?.percentage ?? null);
  const left = useTimeLeft(percent);
  const act = useAct();
  return (
    <>
      <h3>
        <Lamp state={taskLamp(task.state)} /> {taskWords(task)}{" "}
        {compact ? (
          <a href={`/tasks/${task.id}`} class="mono">
            #{task.id}
          </a>
        ) : null}
      </h3>
      <p class="work-line">
        <span>
          {percent === null ? task.state.toLowerCase() : `${Math.round(percent)} %`}
          {task.progress?.message === undefined ? "" : `, ${textOf(task.progress.message)}`}
        </span>
        <span class="quiet-text">{isOver(task.state) ? finishedWords(task) : left}</span>
      </p>
      <progress
        max="100"
        value={percent ?? 0}
        aria-label="Progress"
        aria-valuetext={`${Math.round(percent ?? 0)} percent`}
      />
      {(task.warnings ?? []).map(({ message }) => (
        <p key={message}>
          <Lamp state="degraded" name="warning" /> {textOf(message)}
        </p>
      ))}
      {task.error === null || task.error === undefined ? null : (
        <p class="act-error">
          <Lamp state="down" name="" /> {textOf(task.error.message)}
        </p>
      )}
      {task.state === "FINISHED" ? <Result result={task.result} /> : null}
      <ActError error={act.error} />
      <p class="buttons">
        {isOver(task.state) ? null : task.abortable === false ? (
          <span class="quiet-text">It goes on to its end: tasks of this kind cannot be stopped.</span>
        ) : (
          <button
            type="button"
            disabled={act.isPending}
            onClick={() => void act.run(() => call("task.abort", task.id)).then(again)}
          >
            {act.isPending ? "Stopping" : "Stop after this one"}
          </button>
        )}
        {compact ? (
          <a class="button quiet" href={`/tasks/${task.id}`}>
            Full output
          </a>
        ) : null}
        {onClose !== undefined && isOver(task.state) ? (
          <button type="button" class="quiet" onClick={onClose}>
            Close
          </button>
        ) : null}
      </p>
    </>
  );
}

/** What tasks that act on many say: how many were done, which not, where copies are. Nothing for others. */
function Result({ result }: { readonly result: unknown }): JSX.Element | null {
  if (typeof result !== "object" || result === null) return null;
  const {
    done,
    of,
    skipped = [],
    saved_to,
  } = result as {
    readonly done?: unknown;
    readonly of?: unknown;
    readonly skipped?: readonly { readonly id: string; readonly reason: string }[];
    readonly saved_to?: unknown;
  };
  if (typeof done !== "number" || typeof of !== "number") return null;
  return (
    <>
      <p>
        <b>{formatCount(done)}</b> of {formatCount(of)} done{done < of ? `, ${formatCount(of - done)} not` : ""}.
        {typeof saved_to === "string" ? (
          <>
            {" "}
            Copies are in <code>{saved_to}</code>.
          </>
        ) : null}
      </p>
      {skipped.slice(0, 5).map(({ id, reason }) => (
        <p key={id}>
          <Lamp state="degraded" size={10} name="skipped" /> <a href={`/messages/${id}`}>{shortId(id)}</a> {reason}
        </p>
      ))}
    </>
  );
}

function finishedWords(task: TaskRecord): string {
  const at = task.finished_at;
  return at === null || at === undefined
    ? task.state.toLowerCase()
    : `${task.state.toLowerCase()} at ${formatMoment(at, now.peek())}`;
}

// Told once it is steady: after five reports.
function useTimeLeft(percent: number | null): string {
  const reports = useRef<{ readonly at: number; readonly percent: number }[]>([]);
  if (percent !== null && reports.current.at(-1)?.percent !== percent)
    reports.current.push({ at: Date.now(), percent });
  const [first] = reports.current;
  const last = reports.current.at(-1);
  if (first === undefined || last === undefined || reports.current.length < 5 || last.percent <= first.percent)
    return "";
  const perMs = (last.percent - first.percent) / Math.max(1, last.at - first.at);
  return `about ${formatAbout((100 - last.percent) / perMs)} left`;
}
