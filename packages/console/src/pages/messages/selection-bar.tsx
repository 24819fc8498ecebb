// What can be done with the selected messages, or with all that match: sent again, saved as a file. Both run on the server as tasks, by ids or by query.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatCount, formatMoment, plural } from "../../format.ts";
import { keyHint, useKeys } from "../../keys.ts";
import { Ask, RoleButton } from "../../parts/ask.tsx";
import { openDownload } from "../../parts/download.ts";
import { movedTooFar } from "../../parts/moved.ts";
import { ActError, Failed } from "../../parts/state.tsx";
import { Work } from "../../parts/work.tsx";
import { now } from "../../services/clock.ts";
import { hasRole } from "../../services/live.ts";
import type { MessageSelection } from "../../services/types.ts";
import { call, submitDownload, submitTask, useAct, useCall } from "../../services/use-call.ts";
import { type MessageChoice, type Selection, choiceOf, selectedCount } from "./selection.ts";

/** What the bar is given. */
export interface SelectionBarProps {
  readonly selection: Selection;
  /** How many match the search; undefined until known. */
  readonly total: number | undefined;
  /** Selects all that match. */
  readonly onAll: () => void;
  readonly onClear: () => void;
}

/** The bar; nothing where nothing is selected and nothing runs. */
export function SelectionBar({ selection, total, onAll, onClear }: SelectionBarProps): JSX.Element | null {
  const [isAsking, setAsking] = useState(false);
  const [task, setTask] = useState<number | undefined>();
  const act = useAct();
  const count = selectedCount(selection);
  useKeys({
    selectAll: () => (total === undefined || total === 0 ? false : onAll()),
    // Escape clears first, then closes.
    close: () => (count === 0 ? false : (setAsking(false), onClear())),
  });
  const save = (format: "csv" | "json"): void =>
    void act.run(async () => {
      const choice = { ...choiceOf(selection), format };
      const { id, address } = await submitDownload("messages.export", choice, `messages.${format}`);
      openDownload(address, `messages.${format}`);
      setTask(id);
    });
  if (count === 0 && task === undefined) return null;
  return (
    <div class="select-area">
      {isAsking ? (
        <ResendAsk
          choice={choiceOf(selection)}
          onNo={() => setAsking(false)}
          onTask={(id) => {
            setAsking(false);
            setTask(id);
            onClear();
          }}
        />
      ) : null}
      {task === undefined ? null : <Work id={task} compact onClose={() => setTask(undefined)} />}
      <ActError error={act.error} />
      {count === 0 ? null : (
        <div class="select-bar" role="region" aria-label="Selected messages">
          <span>
            <b>{formatCount(count)}</b> selected
            {selection.kind === "match" ? ", all that match" : ""}
            {selection.kind === "rows" && total !== undefined && total > count ? (
              <>
                {" "}
                <button type="button" class="link" onClick={onAll}>
                  all {formatCount(total)} that match
                </button>{" "}
                <kbd>{keyHint("selectAll")}</kbd>
              </>
            ) : null}
          </span>
          <RoleButton role="operator" allowed={hasRole("operator")} disabled={isAsking} onClick={() => setAsking(true)}>
            Resend…
          </RoleButton>
          <button type="button" disabled={act.isPending} onClick={() => save("csv")}>
            Export CSV
          </button>
          <button type="button" disabled={act.isPending} onClick={() => save("json")}>
            Export JSON
          </button>
          <button type="button" class="quiet" onClick={onClear}>
            Clear <kbd>{keyHint("close")}</kbd>
          </button>
        </div>
      )}
    </div>
  );
}

function ResendAsk({
  choice,
  onNo,
  onTask,
}: {
  readonly choice: MessageChoice;
  readonly onNo: () => void;
  readonly onTask: (id: number) => void;
}): JSX.Element | null {
  const found = useCall<MessageSelection>("messages.select", [choice]);
  const [expected, setExpected] = useState<number | undefined>();
  const { data, error } = found;
  if (error !== undefined) return <Failed error={error} what="How many there are" again={found.again} />;
  if (data === undefined) return null;
  const count = expected ?? data.count;
  const recheck = async (): Promise<string | undefined> => {
    const again = await call<MessageSelection>("messages.select", choice);
    if (!movedTooFar(count, again.count)) return undefined;
    setExpected(again.count);
    return `It is ${plural(again.count, "message")} now, not ${formatCount(count)}. Nothing was done; confirm again to go on.`;
  };
  return (
    <Ask
      level={1}
      title={`Resend ${plural(count, "message")}?`}
      verb={`Resend ${formatCount(count)}`}
      doing="Resending"
      note="runs as a task with progress; you can stop it"
      recheck={recheck}
      onYes={async () => onTask(await submitTask("messages.resend", { ...choice, expected: count }))}
      onNo={onNo}
    >
      <p>
        Each goes once more as a new message, the oldest first: those from people through their router again, those to
        people out on their channel. People get them <b>again</b>; the first ones stay as they are.
        {data.newest === null ? "" : ` The newest is from ${formatMoment(data.newest, now.peek())}.`}
        {data.is_capped ? " There are more than the server does at once: narrow the range." : ""}
        {data.skipped_filters.length === 0 ? "" : ` Not understood, and left out: ${data.skipped_filters.join(", ")}.`}
      </p>
    </Ask>
  );
}
