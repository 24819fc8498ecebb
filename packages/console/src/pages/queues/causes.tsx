// What is parked for one cause: a sentence, how many, since when, whether a retry may pass; opened, its messages, some of which can be chosen or edited.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatAddress, formatCount, formatMoment, oneLine } from "../../format.ts";
import { Loaded } from "../../parts/state.tsx";
import { path } from "../../router.ts";
import { now } from "../../services/clock.ts";
import type { Cause, ParkedMessage } from "../../services/types.ts";
import { type CallState, useCall, useQueueNews } from "../../services/use-call.ts";

function permanenceWords(permanent: boolean | null): string {
  if (permanent === null) return "whether a retry would pass is not known";
  return permanent ? "permanent: a retry alone fails again" : "temporary: a retry would probably pass";
}

/** What a cause is given. */
export interface CauseBoxProps {
  readonly cause: Cause;
  readonly isChosen: boolean;
  readonly isOpen: boolean;
  readonly ids: ReadonlySet<string>;
  readonly onChoose: () => void;
  readonly onOpen: () => void;
  readonly onToggle: (id: string) => void;
  readonly onEdit: (id: string) => void;
}

/** The cause. */
export function CauseBox({
  cause,
  isChosen,
  isOpen,
  ids,
  onChoose,
  onOpen,
  onToggle,
  onEdit,
}: CauseBoxProps): JSX.Element {
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
            <b>{cause.sentence.replace(/\.$/, "")}</b> <code>{cause.code ?? "no code"}</code>
          </span>
          <span class="quiet-text">
            first {formatMoment(cause.first, today)}, last {formatMoment(cause.last, today)} ·{" "}
            {permanenceWords(cause.permanent)}
          </span>
        </button>
        <b class="cause-count">{formatCount(cause.count)}</b>
      </div>
      {isOpen ? (
        <CauseMessages cause={cause} isChosen={isChosen} ids={ids} onToggle={onToggle} onEdit={onEdit} />
      ) : null}
    </div>
  );
}

function CauseMessages({
  cause,
  isChosen,
  ids,
  onToggle,
  onEdit,
}: Pick<CauseBoxProps, "cause" | "isChosen" | "ids" | "onToggle" | "onEdit">): JSX.Element {
  const [limit, setLimit] = useState(7);
  const messages: CallState<readonly ParkedMessage[]> = useCall("bus.parked", [
    cause.queue,
    { cause: cause.cause, limit, offset: 0 },
  ]);
  useQueueNews(({ parked }) => parked.includes(cause.queue) && messages.again());
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
                aria-label={`Select the message of ${message.person ?? "nobody known"}`}
              />
              <span class="num quiet-text">{formatMoment(message.at, now.peek())}</span>
              <span class="num cause-person">{formatAddress(message.person)}</span>
              <span class="related-text">{oneLine(message.content)}</span>
              <button type="button" class="link" onClick={() => onEdit(message.id)}>
                edit
              </button>
              {message.message_id === null ? null : (
                <a href={path("queues", cause.queue, "parked", message.message_id)}>trail</a>
              )}
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
