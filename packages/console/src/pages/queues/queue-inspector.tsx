// One queue: its figures, its depth, and what is parked in it by cause, because people repair causes, not messages.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatCount, formatDuration, formatRate, plural } from "../../format.ts";
import { keyHint, useKeys } from "../../keys.ts";
import { RoleButton } from "../../parts/ask.tsx";
import { Spark } from "../../parts/figure.tsx";
import { Inspector } from "../../parts/inspector.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { ParkedEditor } from "../../parts/parked-editor.tsx";
import { Loaded } from "../../parts/state.tsx";
import { Work } from "../../parts/work.tsx";
import { navigate, path } from "../../router.ts";
import { hasRole } from "../../services/live.ts";
import type { Cause, ParkedMessage, Queue } from "../../services/types.ts";
import { call, useCall, useQueueNews } from "../../services/use-call.ts";
import { BulkAsk, type BulkAction } from "../../parts/bulk-ask.tsx";
import { CauseBox } from "./causes.tsx";
import { type Choice, SaveParked } from "../../parts/save-parked.tsx";

/** The inspector of a queue. */
export function QueueInspector({
  name,
  onClose,
}: {
  readonly name: string;
  readonly onClose: () => void;
}): JSX.Element {
  const queue = useCall<Queue>("bus.queue", [name]);
  const causes = useCall<readonly Cause[]>("bus.causes", [name]);
  useQueueNews(({ queues, parked }) => {
    if (queues.includes(name)) queue.again();
    if (parked.includes(name)) causes.again();
  });
  // Null: closed by hand.
  const [opened, setOpenCause] = useState<string | null | undefined>();
  const [cause, setCause] = useState<string | undefined>();
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<BulkAction | undefined>();
  const [task, setTask] = useState<number | undefined>();
  // The id of the parking under edit.
  const [editing, setEditing] = useState<string | undefined>();
  const list = causes.data ?? [];
  // The only one is open from the start.
  const openCause = opened === undefined && list.length === 1 ? list[0]?.cause : (opened ?? undefined);
  const selected = cause === undefined ? ids.size : (list.find((each) => each.cause === cause)?.count ?? 0);
  const choice: Choice = { queue: name, ...(cause === undefined ? { ids: [...ids] } : { cause }) };
  const parked = list.reduce((sum, each) => sum + each.count, 0);
  const ask = (action: BulkAction): unknown => (selected === 0 || asking !== undefined ? false : setAsking(action));
  const toggleFirst = (): unknown => {
    const [first] = list;
    const isFree =
      !(document.activeElement instanceof HTMLElement) ||
      document.activeElement.closest(".table, input, button, a") === null;
    return first === undefined || !isFree ? false : choose(cause === first.cause ? undefined : first.cause);
  };
  const choose = (next: string | undefined): void => {
    setIds(new Set());
    setCause(next);
    if (next !== undefined) setOpenCause(next);
  };
  const toggleOne = (id: string): void => {
    setCause(undefined);
    const next = new Set(ids);
    if (!next.delete(id)) next.add(id);
    setIds(next);
  };
  // Enter opens the newest message of the chosen cause, or of the first one.
  const openFirst = (): unknown => {
    const wanted = cause ?? openCause ?? list[0]?.cause;
    if (wanted === undefined || document.activeElement?.closest(".table") !== null) return false;
    return call<readonly ParkedMessage[]>("bus.parked", name, { cause: wanted, limit: 1, offset: 0 }).then(
      ([first]) =>
        first?.message_id === undefined || first.message_id === null
          ? undefined
          : navigate(path("queues", name, "parked", first.message_id)),
      () => undefined,
    );
  };
  const [onlyOne] = cause === undefined && ids.size === 1 ? ids : [];
  const edit = (): unknown => (onlyOne === undefined || !hasRole("operator") ? false : setEditing(onlyOne));
  useKeys({
    edit,
    open: openFirst,
    retry: () => (hasRole("operator") ? ask("retry") : false),
    hold: toggleFirst,
    selectAll: () => choose(list[0]?.cause),
  });
  const canRetry = hasRole("operator");
  return (
    <Inspector
      title={name}
      note={queue.data?.direction}
      lamp={queue.data?.state}
      onClose={onClose}
      foot={
        parked === 0 ? undefined : (
          <>
            <span class="foot-count">
              <b>{formatCount(selected)}</b> selected
            </span>
            <RoleButton role="operator" allowed={canRetry} disabled={selected === 0} onClick={() => void ask("retry")}>
              Retry… <kbd>{keyHint("retry")}</kbd>
            </RoleButton>
            <RoleButton role="operator" allowed={canRetry} disabled={onlyOne === undefined} onClick={() => void edit()}>
              Edit… <kbd>{keyHint("edit")}</kbd>
            </RoleButton>
            <SaveParked choice={choice} count={selected} />
            <RoleButton
              role="admin"
              allowed={hasRole("admin")}
              kind="danger-line"
              disabled={selected === 0}
              onClick={() => void ask("drop")}
            >
              Drop…
            </RoleButton>
          </>
        )
      }
    >
      <Loaded of={queue} what="The queue" lines={2}>
        {(data) => <QueueFigures queue={data} />}
      </Loaded>
      <Loaded of={causes} what="What is parked">
        {(all) =>
          all.length === 0 ? (
            <p class="quiet-text">Nothing is parked here.</p>
          ) : (
            <section class="causes">
              <header class="section-head">
                <h2 class="parked-title">
                  <Lamp state="parked" name="" /> {formatCount(parked)} parked, for {plural(all.length, "reason")}
                </h2>
                <span class="quiet-text">set aside, not lost; nothing expires</span>
              </header>
              {all.map((each) => (
                <CauseBox
                  key={each.cause}
                  cause={each}
                  isChosen={cause === each.cause}
                  isOpen={openCause === each.cause}
                  ids={ids}
                  onChoose={() => choose(cause === each.cause ? undefined : each.cause)}
                  onOpen={() => setOpenCause(openCause === each.cause ? null : each.cause)}
                  onToggle={toggleOne}
                  onEdit={setEditing}
                />
              ))}
            </section>
          )
        }
      </Loaded>
      {editing === undefined ? null : (
        <ParkedEditor
          key={editing}
          queue={name}
          id={editing}
          onCancel={() => setEditing(undefined)}
          onDone={() => {
            setEditing(undefined);
            setIds(new Set());
            causes.again();
          }}
        />
      )}
      {asking === undefined ? null : (
        <BulkAsk
          action={asking}
          choice={choice}
          rate={queue.data?.out ?? null}
          onNo={() => setAsking(undefined)}
          onTask={(id) => {
            setAsking(undefined);
            setTask(id);
            setCause(undefined);
            setIds(new Set());
          }}
        />
      )}
      {task === undefined ? null : <Work id={task} compact onClose={() => setTask(undefined)} />}
    </Inspector>
  );
}

function QueueFigures({ queue }: { readonly queue: Queue }): JSX.Element {
  const depth = queue.depths ?? [];
  return (
    <div class="queue-figures">
      <p>
        Waiting <b>{formatCount(queue.waiting)}</b>
      </p>
      <p>
        Oldest <b>{formatDuration(queue.oldest_ms)}</b>
      </p>
      <p>
        In, out per min{" "}
        <b>
          {formatRate(queue.in)} · {formatRate(queue.out)}
        </b>
      </p>
      <p>
        Consumers <b>{formatCount(queue.consumers)}</b>
      </p>
      {depth.length < 2 ? null : (
        <p class="queue-depth">
          <span>depth over 15 min, peak {formatCount(Math.max(...depth))}</span>
          <Spark values={depth} meaning={queue.direction.includes("to") ? "out" : "in"} width={240} height={36} />
        </p>
      )}
    </div>
  );
}
