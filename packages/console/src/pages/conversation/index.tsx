// Conversation: try a channel as a person would, without a phone; beside it the trail of each message and the rule that decided.

import { SaveAsTest } from "./save-as-test.tsx";
import { SessionLine } from "./session-line.tsx";
import { sessionOf, toThread } from "./thread.ts";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { formatMoment, oneLine } from "../../format.ts";
import { useKeys } from "../../keys.ts";
import { Bar } from "../../parts/bar.tsx";
import { copyText } from "../../parts/code.tsx";
import { Phone } from "../../parts/phone.tsx";
import { WhyRules } from "../../parts/rules.tsx";
import { ActError, Loaded, State } from "../../parts/state.tsx";
import { Trail } from "../../parts/trail.tsx";
import { headlineOf } from "../../parts/trail-rows.ts";
import { navigate, path, place, segments, setQuery } from "../../router.ts";
import { now } from "../../services/clock.ts";
import { hasRole } from "../../services/live.ts";
import { readSetting, writeSetting } from "../../services/settings.ts";
import type { MessageDetail, MessageRow, PhoneLine, TrailData } from "../../services/types.ts";
import { call, useAct, useCall } from "../../services/use-call.ts";
import { useFollowing } from "../../services/use-following.ts";

function newPerson(): string {
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte % 10).join("");
  return `+2782000${digits}`;
}

/** The page. */
export default function ConversationPage(): JSX.Element {
  const lines = useCall<readonly PhoneLine[]>("phone.lines", [], ["workers.changed"]);
  return (
    <Loaded of={lines} what="The lines">
      {(all) =>
        all[0] === undefined ? (
          <>
            <Bar title="Conversation" />
            <div class="page">
              <State kind="empty" title="No line to talk on yet">
                <p>
                  A channel that can be tried appears here: telnet, loopback, and others that take messages from this
                  page.
                </p>
                <a class="button main" href="/channels/new">
                  Add a channel
                </a>
              </State>
            </div>
          </>
        ) : (
          <Talk lines={all} first={all[0]} />
        )
      }
    </Loaded>
  );
}

function Talk({ lines, first }: { readonly lines: readonly PhoneLine[]; readonly first: PhoneLine }): JSX.Element {
  const [, channel] = segments.value;
  const line = lines.find((each) => each.channel === channel) ?? first;
  const [person, setPerson] = useState(() => {
    const kept = readSetting("person") ?? newPerson();
    writeSetting("person", kept);
    return kept;
  });
  // What belongs to an earlier conversation is not shown.
  const [since, setSince] = useState<ReadonlyMap<string, number>>(new Map());
  const [isSaving, setSaving] = useState(false);
  const act = useAct();
  const messages = useCall<{ readonly rows: readonly MessageRow[] }>("messages.search", [
    `person:${person} channel:${line.channel}`,
    { limit: 100 },
  ]);
  useFollowing(`person:${person} channel:${line.channel}`, messages.again);
  const thread = useMemo(
    () => toThread(messages.data?.rows ?? [], since.get(line.channel) ?? 0),
    [messages.data, since, line.channel],
  );
  const wanted = place.value.query.get("message") ?? undefined;
  const selected = thread.some(({ asked }) => asked.id === wanted) ? wanted : thread.at(-1)?.asked.id;
  const session = sessionOf(thread, line, now.value);
  const send = (content: string | null, sessionEvent: string | null, endedBy?: "person" | "network"): void =>
    void act
      .run(async () => {
        await call("send.in", {
          channel: line.channel,
          from_addr: person,
          to_addr: line.address,
          content,
          ...(sessionEvent === null ? {} : { session_event: sessionEvent }),
          ...(endedBy === undefined ? {} : { ended_by: endedBy }),
          test: true,
        });
      })
      .then(() => {
        setQuery({ message: null });
        messages.again();
      });
  const restart = (): void => {
    setSaving(false);
    setSince(new Map([...since, [line.channel, thread.at(-1)?.asked.at.getTime() ?? 0]]));
    if (line.kind === "ussd") send(line.codes?.[0] ?? line.address, "new");
  };
  useKeys({ new: restart });
  return (
    <>
      <Bar title="Conversation" note={<span class="wide-only">try a channel as a person would, without a phone</span>}>
        <button type="button" onClick={() => setSaving(true)} disabled={thread.length === 0}>
          Save as a test…
        </button>
        <button type="button" onClick={restart} disabled={!hasRole("operator")}>
          New conversation <kbd>N</kbd>
        </button>
      </Bar>
      <div class="talk">
        <div class="talk-phone">
          <Phone
            person={person}
            lines={lines}
            line={line}
            thread={thread}
            selected={selected}
            isOpen={session.isOpen}
            session={line.kind === "ussd" ? <SessionLine session={session} /> : null}
            isSending={act.isPending}
            onLine={(next) => navigate(path("talk", next))}
            onSend={(text) => send(text, line.kind === "ussd" ? "resume" : null)}
            onSelect={(id) => setQuery({ message: id })}
            onHangUp={() => send(null, "close", "person")}
            onTimeOut={() => send(null, "close", "network")}
            onDial={restart}
            onSomeoneElse={() => {
              const next = newPerson();
              writeSetting("person", next);
              setPerson(next);
            }}
          />
          <ActError error={act.error} />
        </div>
        <div class="talk-trail">
          {isSaving ? <SaveAsTest thread={thread} line={line} onClose={() => setSaving(false)} /> : null}
          {selected === undefined ? (
            <p class="quiet-text">The trail of what you write appears here, hop by hop.</p>
          ) : (
            <ExchangeTrail key={selected} id={selected} />
          )}
        </div>
      </div>
    </>
  );
}

function ExchangeTrail({ id }: { readonly id: string }): JSX.Element {
  const trail = useCall<TrailData>("messages.trail", [id]);
  const detail = useCall<MessageDetail>("messages.get", [id]);
  const message = detail.data;
  const head = trail.data === undefined ? undefined : headlineOf(trail.data);
  useFollowing(message === undefined ? undefined : `person:${message.person} channel:${message.channel}`, () => {
    trail.again();
    detail.again();
  });
  return (
    <>
      <header class="trail-head">
        <h2>{head?.title ?? "Trail"}</h2> <span class="quiet-text">{head?.note}</span>
        <span class="section-acts">
          <a href={path("messages", id)}>Open in Messages</a>
          <button type="button" class="link" onClick={() => void copyText(location.origin + path("messages", id))}>
            Copy link
          </button>
        </span>
        {message === undefined ? null : (
          <p class="quiet-text trail-of">
            <i class="arrow-in" aria-hidden />{" "}
            {message.content === null ? "nothing said" : `“${oneLine(message.content)}”`} from {message.from_addr} at{" "}
            {formatMoment(message.at, now.peek(), "ms")}
          </p>
        )}
      </header>
      {message === undefined ? null : (
        <Loaded of={trail} what="The trail">
          {(data) => <Trail trail={data} message={message} withBars />}
        </Loaded>
      )}
      {message?.router === undefined || message.router === null ? null : (
        <WhyRules router={message.router} message={message} />
      )}
      {message === undefined ? null : (
        <div class="bodies">
          <Body title="What came in" side="in" body={message.message} />
          {message.answers[0] === undefined ? null : <AnswerBody id={message.answers[0]} />}
        </div>
      )}
    </>
  );
}

function AnswerBody({ id }: { readonly id: string }): JSX.Element {
  const detail = useCall<MessageDetail>("messages.get", [id]);
  return (
    <Loaded of={detail} what="The answer" lines={3}>
      {(message) => <Body title="What went out" side="out" body={message.message} />}
    </Loaded>
  );
}

const shownFields = ["message_id", "in_reply_to", "from_addr", "to_addr", "session_event", "content"];

function Body({
  title,
  side,
  body,
}: {
  readonly title: string;
  readonly side: "in" | "out";
  readonly body: Readonly<Record<string, unknown>>;
}): JSX.Element {
  const [isAll, setAll] = useState(false);
  const fields = isAll
    ? Object.keys(body)
    : shownFields.filter((field) => body[field] !== null && body[field] !== undefined);
  return (
    <section>
      <header class="section-head">
        <h3>
          <i class={`arrow-${side}`} aria-hidden /> {title}
        </h3>
        <button type="button" class="link section-acts" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
          {isAll ? "fewer fields" : `all ${Object.keys(body).length} fields`}
        </button>
      </header>
      <dl class="facts">
        {fields.map((field) => (
          <div class="fact" key={field}>
            <dt>{field}</dt>
            <dd class="mono">{typeof body[field] === "string" ? body[field] : JSON.stringify(body[field])}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
