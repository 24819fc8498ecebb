// One queue: its figures, its depth, and what is parked in it by cause, because people repair causes, not messages.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatAddress, formatCount, formatDuration, formatMoment, formatRate, oneLine, plural } from "../../format.ts";
import { keyHint, useKeys } from "../../keys.ts";
import { RoleButton } from "../../parts/ask.tsx";
import { Spark } from "../../parts/figure.tsx";
import { Inspector } from "../../parts/inspector.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { Loaded } from "../../parts/state.tsx";
import { Work } from "../../parts/work.tsx";
import { navigate, path } from "../../router.ts";
import { now } from "../../services/clock.ts";
import { hasRole } from "../../services/live.ts";
import type { Cause, ParkedMessage, Queue } from "../../services/types.ts";
import { type CallState, call, useCall } from "../../services/use-call.ts";
import { BulkAsk, type BulkAction, type Choice } from "./bulk-ask.tsx";

/** The inspector of a queue. */
export function QueueInspector({
  name,
  onClose,
}: {
  readonly name: string;
  readonly onClose: () => void;
}): JSX.Element {
  const queue = useCall<Queue>("bus.queue", [name], ["bus.changed"]);
  const causes = useCall<readonly Cause[]>("bus.causes", [name], ["bus.changed"]);
  const [openCause, setOpenCause] = useState<string | undefined>();
  const [cause, setCause] = useState<string | undefined>();
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<BulkAction | undefined>();
  const [task, setTask] = useState<number | undefined>();
  const list = causes.data ?? [];
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
      ([first]) => (first === undefined ? undefined : navigate(path("queues", name, "parked", first.message_id))),
      () => undefined,
    );
  };
  useKeys({
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
                <span class="quiet-text section-acts">set aside after too many tries; nothing expires</span>
              </header>
              {all.map((each) => (
                <CauseBox
                  key={each.cause}
                  cause={each}
                  isChosen={cause === each.cause}
                  isOpen={openCause === each.cause}
                  ids={ids}
                  onChoose={() => choose(cause === each.cause ? undefined : each.cause)}
                  onOpen={() => setOpenCause(openCause === each.cause ? undefined : each.cause)}
                  onToggle={toggleOne}
                />
              ))}
            </section>
          )
        }
      </Loaded>
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
          <Spark values={depth} meaning={queue.direction.includes("to") ? "out" : "in"} width={140} height={36} />
          depth, peak {formatCount(Math.max(...depth))}
        </p>
      )}
    </div>
  );
}

function permanenceWords(permanent: boolean | null): string {
  if (permanent === null) return "whether a retry would pass is not known";
  return permanent ? "permanent: will fail again unless edited" : "temporary: a retry would probably pass";
}

interface CauseBoxProps {
  readonly cause: Cause;
  readonly isChosen: boolean;
  readonly isOpen: boolean;
  readonly ids: ReadonlySet<string>;
  readonly onChoose: () => void;
  readonly onOpen: () => void;
  readonly onToggle: (id: string) => void;
}

function CauseBox({ cause, isChosen, isOpen, ids, onChoose, onOpen, onToggle }: CauseBoxProps): JSX.Element {
  const today = now.peek();
  return (
    <div class={`cause ${isChosen ? "cause-chosen" : ""}`}>
      <div class="cause-head">
        <input
          type="checkbox"
          checked={isChosen}
          onChange={onChoose}
          aria-label={`Select all ${cause.count} with ${cause.sentence}`}
        />
        <button type="button" class="cause-name" aria-expanded={isOpen} onClick={onOpen}>
          <span>
            <b>{cause.sentence}</b> <code>{cause.code ?? "no code"}</code>
          </span>
          <span class="quiet-text">
            first {formatMoment(cause.first, today)}, last {formatMoment(cause.last, today)} ·{" "}
            {permanenceWords(cause.permanent)}
          </span>
        </button>
        <b class="cause-count">{formatCount(cause.count)}</b>
      </div>
      {isOpen ? <CauseMessages cause={cause} isChosen={isChosen} ids={ids} onToggle={onToggle} /> : null}
    </div>
  );
}

function CauseMessages({
  cause,
  isChosen,
  ids,
  onToggle,
}: Pick<CauseBoxProps, "cause" | "isChosen" | "ids" | "onToggle">): JSX.Element {
  const [limit, setLimit] = useState(7);
  const messages: CallState<readonly ParkedMessage[]> = useCall(
    "bus.parked",
    [cause.queue, { cause: cause.cause, limit, offset: 0 }],
    ["bus.changed"],
  );
  return (
    <Loaded of={messages} what="The messages" lines={3}>
      {(list) => (
        <ul class="cause-messages">
          {list.map((message) => (
            <li key={message.id}>
              <input
                type="checkbox"
                checked={isChosen || ids.has(message.id)}
                onChange={() => onToggle(message.id)}
                aria-label={`Select the message to ${message.person}`}
              />
              <span class="num quiet-text">{formatMoment(message.at, now.peek())}</span>
              <span class="num cause-person">{formatAddress(message.person)}</span>
              <span class="related-text">{oneLine(message.content)}</span>
              <a href={path("queues", cause.queue, "parked", message.message_id)}>trail</a>
            </li>
          ))}
          {cause.count > list.length ? (
            <li>
              <button type="button" class="link" onClick={() => setLimit(limit + 50)}>
                {formatCount(cause.count - list.length)} more
              </button>
            </li>
          ) : null}
        </ul>
      )}
    </Loaded>
  );
}
