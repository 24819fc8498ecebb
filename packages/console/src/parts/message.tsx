// One message with all that is kept of it: headline, what it says, what can be done, trail, events, body. Used by Messages, Queues and Conversation.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatAddress, formatMoment, groupedId } from "../format.ts";
import { keyHint, useKeys } from "../keys.ts";
import { navigate, path, place, setQuery } from "../router.ts";
import { now } from "../services/clock.ts";
import { hasRole } from "../services/live.ts";
import type { LampState, MessageDetail, MessageRow, ParkedMessage, TrailData } from "../services/types.ts";
import { type CallState, call, useAct, useCall, useQueueNews } from "../services/use-call.ts";
import { useFollowing } from "../services/use-following.ts";
import { say } from "./announce.tsx";
import { RoleButton } from "./ask.tsx";
import { BulkAsk } from "./bulk-ask.tsx";
import { Code, copyText, toJson } from "./code.tsx";
import { Inspector } from "./inspector.tsx";
import { ParkedEditor } from "./parked-editor.tsx";
import { ParkedEdits } from "./parked-edits.tsx";
import { ActError, Loaded } from "./state.tsx";
import { Trail } from "./trail.tsx";
import { headlineOf, retryWords } from "./trail-rows.ts";
import { Work } from "./work.tsx";

/** The lamp of a message's state, where it has one. */
export function messageLamp(state: MessageRow["state"]): LampState | undefined {
  if (state === "parked") return "parked";
  return state === "failed" ? "down" : undefined;
}

const tabNames = ["Trail", "Events", "Body", "Related"] as const;

/** The inspector of a message. */
export function MessageInspector({ id, onClose }: { readonly id: string; readonly onClose: () => void }): JSX.Element {
  const detail = useCall<MessageDetail>("messages.get", [id]);
  const trail = useCall<TrailData>("messages.trail", [id]);
  const tab = place.value.query.get("tab") ?? "Trail";
  const row = detail.data;
  // The trail grows while it is looked at.
  const again = (): void => {
    detail.again();
    trail.again();
  };
  useFollowing(row === undefined ? undefined : `person:${row.person} channel:${row.channel}`, again);
  // What becomes of one that waits or is parked is no new message.
  useQueueNews(({ parked }) => {
    if (row?.state === "waiting" || parked.length > 0) again();
  });
  const head = trail.data === undefined ? undefined : headlineOf(trail.data);
  const href = (name: string): string => {
    const query = new URLSearchParams(place.value.query);
    if (name === "Trail") query.delete("tab");
    else query.set("tab", name);
    const text = query.toString();
    return place.value.path + (text === "" ? "" : `?${text}`);
  };
  const counts: Readonly<Record<string, number | undefined>> = {
    Events: row?.events.length,
    Related: trail.data?.related.length,
  };
  const tabs = tabNames.map((name) => ({
    name,
    href: href(name),
    isOpen: name === tab,
    ...(counts[name] === undefined ? {} : { count: counts[name] }),
  }));
  return (
    <Inspector
      title={(head?.title ?? "Message").replace(/: [A-Z][A-Z0-9_]+$/, "")}
      note={head?.note}
      lamp={row === undefined ? undefined : messageLamp(row.state)}
      tabs={tabs}
      onClose={onClose}
      acts={
        <button type="button" class="quiet" onClick={() => void copyText(location.href)}>
          Copy link
        </button>
      }
    >
      <Loaded of={detail} what="The message">
        {(message) => (
          <>
            <MessageHead message={message} trail={trail.data} again={() => (detail.again(), trail.again())} />
            <MessageTab tab={tab} message={message} trail={trail} />
          </>
        )}
      </Loaded>
    </Inspector>
  );
}

function MessageHead({
  message,
  trail,
  again,
}: {
  readonly message: MessageDetail;
  readonly trail: TrailData | undefined;
  readonly again: () => void;
}): JSX.Element {
  const act = useAct();
  // The id of the parking under edit.
  const [editing, setEditing] = useState<string | undefined>();
  // The same while it is asked whether to drop it, and the task that does.
  const [dropping, setDropping] = useState<string | undefined>();
  const [task, setTask] = useState<number | undefined>();
  const isParked = message.state === "parked";
  const canAct = hasRole("operator");
  const queue = trail?.rows.findLast((row) => row.kind === "queue")?.queue ?? `${message.channel}.outbound`;
  const findParked = async (): Promise<ParkedMessage> => {
    const [found] = await call<readonly ParkedMessage[]>("bus.parked", queue, { message_id: message.id, limit: 1 });
    if (found === undefined)
      throw { method: "bus.parked", code: "ENOENT", message: `it is no longer parked in ${queue}`, tookMs: 0 };
    return found;
  };
  const retry = (): unknown => {
    if (!isParked || !canAct) return false;
    return void act
      .run(async () => await call("bus.retry_one", queue, (await findParked()).id))
      .then((isDone) => {
        if (!isDone) return;
        say("Back in the queue");
        again();
      });
  };
  const edit = (): unknown => {
    if (!isParked || !canAct || editing !== undefined) return false;
    return void act.run(async () => setEditing((await findParked()).id));
  };
  // A rule decides on what a person wrote; its answer goes back the way it came.
  const decidedOn = message.in_reply_to ?? message.id;
  const hop = trail?.rows.find((row) => row.kind === "hop" && row.rule !== undefined);
  const failure = trail?.rows.findLast((row) => row.kind === "try");
  // Where no rule matched the router still tells why.
  const router = hop?.kind === "hop" ? hop.worker : message.router;
  const rulesHref = router === null ? "" : `${path("routers", router, "explain")}?message=${decidedOn}`;
  useKeys({
    retry,
    edit,
    copyLink: () => copyText(location.href),
    copy: () => copyText(toJson(message.message)),
    why: () => (router === null ? false : navigate(rulesHref)),
  });
  const isUnrouted = message.error?.startsWith("ROUTER_") === true;
  const isIn = message.direction === "in";
  return (
    <>
      <p>
        <i class={isIn ? "arrow-in" : "arrow-out"} aria-hidden />{" "}
        <b>{isIn ? formatAddress(message.person) : (message.application ?? "an application")}</b> to{" "}
        <b>{isIn ? (message.to_addr ?? "–") : formatAddress(message.person)}</b> over{" "}
        <a href={path("channels", message.channel)}>{message.channel}</a>
        {message.test ? ", a test" : ""}
      </p>
      <p class={`bubble ${isIn ? "bubble-in" : ""}`}>{message.content ?? "no text"}</p>
      {message.error === null || !["parked", "failed", "waiting"].includes(message.state) ? null : (
        <p>
          {retryWords(message, failure?.error)}{" "}
          {isParked && isUnrouted && router !== null ? (
            <>
              Change{" "}
              <a href={rulesHref}>
                the rules of <b>{router}</b>
              </a>{" "}
              <kbd>{keyHint("why")}</kbd> or edit the message, then retry.{" "}
            </>
          ) : null}
          {isParked ? <a href={path("queues", queue)}>All that is parked in {queue}</a> : null}
        </p>
      )}
      <ActError error={act.error} />
      <p class="buttons">
        {isParked && editing === undefined ? (
          <RoleButton
            role="operator"
            allowed={canAct}
            {...(failure?.error.permanent === true ? {} : { kind: "main" })}
            onClick={() => void retry()}
            disabled={act.isPending}
          >
            {act.isPending ? "Retrying" : "Retry"} <kbd>{keyHint("retry")}</kbd>
          </RoleButton>
        ) : null}
        {isParked ? (
          <RoleButton
            role="operator"
            allowed={canAct}
            onClick={() => void edit()}
            disabled={act.isPending || editing !== undefined}
          >
            Edit and retry… <kbd>{keyHint("edit")}</kbd>
          </RoleButton>
        ) : (
          <RoleButton
            role="operator"
            allowed={canAct}
            onClick={() =>
              void act.run(async () => navigate(path("messages", await call<string>("messages.resend", message.id))))
            }
            disabled={act.isPending}
          >
            Resend as new
          </RoleButton>
        )}
        {isParked ? (
          <RoleButton
            role="admin"
            allowed={hasRole("admin")}
            kind="danger-line"
            onClick={() => void act.run(async () => setDropping((await findParked()).id))}
            disabled={act.isPending}
          >
            Drop…
          </RoleButton>
        ) : null}
      </p>
      {dropping === undefined ? null : (
        <BulkAsk
          action="drop"
          choice={{ queue, ids: [dropping] }}
          rate={null}
          onNo={() => setDropping(undefined)}
          onTask={(task) => {
            setDropping(undefined);
            setTask(task);
          }}
        />
      )}
      {task === undefined ? null : <Work id={task} compact onClose={() => setTask(undefined)} />}
      {editing === undefined ? null : (
        <ParkedEditor
          queue={queue}
          id={editing}
          onCancel={() => setEditing(undefined)}
          onDone={() => {
            setEditing(undefined);
            say("The new version is in the queue");
            again();
          }}
        />
      )}
    </>
  );
}

function MessageTab({
  tab,
  message,
  trail,
}: {
  readonly tab: string;
  readonly message: MessageDetail;
  readonly trail: CallState<TrailData>;
}): JSX.Element {
  if (tab === "Events") {
    return message.events.length === 0 ? (
      <p>Nothing was reported about this message.</p>
    ) : (
      <>
        {message.events.map((event, index) => (
          <Code key={index} value={toJson(event)} language="json" label="Event" />
        ))}
      </>
    );
  }
  if (tab === "Body") {
    return (
      <>
        <Code value={toJson(message.message)} language="json" foldAt={0} copy label="Body" />
        <ParkedEdits messageId={message.id} />
      </>
    );
  }
  if (tab === "Related") return <RelatedList rows={trail.data?.related ?? []} />;
  return (
    <>
      <Loaded of={trail} what="The trail">
        {(data) => <Trail trail={data} message={message} />}
      </Loaded>
      <dl class="facts">
        <dt>message_id</dt>
        <dd class="mono">{groupedId(message.id)}</dd>
        <dt>router</dt>
        <dd>
          {message.router === null ? "–" : <a href={path("routers", message.router)}>{message.router}</a>}
          {message.rule === null ? "" : `, rule ${message.rule}`}
        </dd>
        {message.provider === null ? null : (
          <>
            <dt>provider</dt>
            <dd>{message.provider}</dd>
          </>
        )}
      </dl>
      <section>
        <header class="section-head">
          <h3>Same person</h3>
          <span class="section-acts">
            <button type="button" class="link" onClick={() => setQuery({ q: `person:${message.person}`, tab: null })}>
              all of them
            </button>
          </span>
        </header>
        <RelatedList rows={trail.data?.related ?? []} />
      </section>
    </>
  );
}

/** Messages in short lines. */
function RelatedList({ rows }: { readonly rows: readonly MessageRow[] }): JSX.Element {
  if (rows.length === 0) return <p class="quiet-text">No other message with this person.</p>;
  return (
    <ul class="related">
      {rows.map((row) => (
        <li key={row.id}>
          <a href={`${path("messages", row.id)}${location.search}`}>
            <span class="num quiet-text">{formatMoment(row.at, now.peek())}</span>{" "}
            <i class={row.direction === "in" ? "arrow-in" : "arrow-out"} aria-hidden />
            <span class="related-text">{row.content}</span> <span class="quiet-text">{row.state}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}
