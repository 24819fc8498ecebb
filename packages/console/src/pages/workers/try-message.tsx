// A message to try a router with: written by hand, or a real one. Asks the router about it, by its rules as they are or as they are edited.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatAddress, formatMoment, oneLine, textOf } from "../../format.ts";
import { Failed, Loaded } from "../../parts/state.tsx";
import { path, place, setQuery } from "../../router.ts";
import { now } from "../../services/clock.ts";
import { mapData } from "../../services/live.ts";
import type { Explanation, MessageDetail, MessageRow } from "../../services/types.ts";
import { type CallError, call, useCall } from "../../services/use-call.ts";

/** The fields of a message that routers look at. */
export type Tried = Readonly<Record<string, unknown>>;

/** What a router says of a message. */
export interface Tries {
  readonly message: Tried;
  readonly setMessage: (message: Tried) => void;
  /** Whether anything was written or taken: before that, there is nothing to explain. */
  readonly isTried: boolean;
  readonly why: Explanation | undefined;
  readonly error: CallError | undefined;
}

const empty: Tried = { transport_name: "", from_addr: "", to_addr: "", content: "" };

/** Asks a router about a message 150 ms after it or the rules changed. `settings`: as they are edited; absent: as they are. */
export function useTries(router: string, settings?: Readonly<Record<string, unknown>>): Tries {
  const wanted = place.value.query.get("message");
  const real = useCall<MessageDetail>(wanted === null ? undefined : "messages.get", [wanted]);
  const [message, setMessage] = useState<Tried>(empty);
  const [answer, setAnswer] = useState<{ readonly why?: Explanation; readonly error?: CallError }>({});
  useEffect(() => {
    if (real.data !== undefined) setMessage(real.data.message);
  }, [real.data]);
  const isTried = Object.entries(message).some(([key, value]) => key in empty && textOf(value ?? "") !== "");
  const key = JSON.stringify([message, settings ?? null]);
  useEffect(() => {
    if (!isTried) {
      setAnswer({});
      return;
    }
    let isOver = false;
    const timer = setTimeout(() => {
      const meant = Object.fromEntries(Object.entries(message).filter(([, value]) => value !== ""));
      const args = settings === undefined ? [] : [{ settings }];
      call<Explanation>("routers.explain", router, meant, ...args).then(
        (why) => (isOver ? undefined : setAnswer({ why })),
        (error: CallError) => (isOver ? undefined : setAnswer({ error })),
      );
    }, 150);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [key, router, isTried]);
  return { message, setMessage, isTried, why: answer.why, error: real.error ?? answer.error };
}

/** Where a router's rules are changed; what is tried on them as they are goes along. */
export function rulesPath(router: string): string {
  const taken = place.value.query.get("message");
  return path("routers", router, "rules") + (taken === null ? "" : `?message=${encodeURIComponent(taken)}`);
}

/** The form, and where the message goes. */
export function TryMessage({ router, tries }: { readonly router: string; readonly tries: Tries }): JSX.Element {
  const [isTaking, setTaking] = useState(false);
  const { message, setMessage } = tries;
  const wanted = place.value.query.get("message");
  const channels = (mapData.value?.lines ?? [])
    .filter(({ from, to }) => to === router || from === router)
    .flatMap(({ from, to }) => [from, to])
    .filter((name) => mapData.value?.nodes.some((node) => node.name === name && node.kind === "channel"));
  const field = (name: string, label: string, list?: readonly string[]): JSX.Element => (
    <label class="field">
      {label}
      <input
        value={textOf(message[name] ?? "")}
        list={list === undefined ? undefined : `try-${name}`}
        onInput={(event) => setMessage({ ...message, [name]: event.currentTarget.value })}
      />
      {list === undefined ? null : (
        <datalist id={`try-${name}`}>
          {[...new Set(list)].map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </label>
  );
  return (
    <section class="try" aria-label="A message to try">
      <header class="section-head">
        <h2>Where would a message go?</h2>
        <span class="section-acts">
          {wanted === null ? null : <a href={path("messages", wanted)}>Open this message</a>}
          <button type="button" class="link" aria-expanded={isTaking} onClick={() => setTaking(!isTaking)}>
            Take a real one…
          </button>
          {tries.isTried ? (
            <button
              type="button"
              class="link"
              onClick={() => {
                setQuery({ message: null });
                setMessage(empty);
              }}
            >
              Clear
            </button>
          ) : null}
        </span>
      </header>
      {isTaking ? <RealMessages router={router} onTake={() => setTaking(false)} /> : null}
      <div class="try-fields">
        {field("content", "Text")}
        {field("transport_name", "Channel", channels)}
        {field("from_addr", "From")}
        {field("to_addr", "To")}
      </div>
      <p aria-live="polite" class="try-answer">
        {tries.isTried ? (
          <Answer why={tries.why} />
        ) : (
          <span class="quiet-text">Write one: the rule that decides is marked while you type. Nothing is sent.</span>
        )}
      </p>
      {tries.error === undefined ? null : <Failed error={tries.error} what="The answer of the router" />}
    </section>
  );
}

function Answer({ why }: { readonly why: Explanation | undefined }): JSX.Element | null {
  if (why === undefined) return null;
  if (why.targets.length === 0) {
    return (
      <>
        It goes <b>nowhere</b>: {why.problem ?? "no rule matches"}.
      </>
    );
  }
  const rules = why.targets.flatMap(({ rule }) => (rule === null || rule === undefined ? [] : [rule]));
  return (
    <>
      It goes to{" "}
      {why.targets.map(({ application, connector, endpoint }, index) => (
        <>
          {index === 0 ? "" : " and "}
          <b>{application ?? connector ?? endpoint}</b>
        </>
      ))}
      {rules.length === 0
        ? why.why.length === 0
          ? "."
          : ", as no rule matches."
        : `, by rule ${rules.join(" and ")}.`}
    </>
  );
}

function RealMessages({ router, onTake }: { readonly router: string; readonly onTake: () => void }): JSX.Element {
  const last = useCall<{ readonly rows: readonly MessageRow[] }>("messages.search", [
    `router:${router} type:in`,
    { limit: 8 },
  ]);
  return (
    <Loaded of={last} what="The last messages" lines={3}>
      {({ rows }) =>
        rows.length === 0 ? (
          <p class="quiet-text">No message has come through {router} yet.</p>
        ) : (
          <ul class="related">
            {rows.map((row) => (
              <li key={row.id}>
                <button
                  type="button"
                  class="related-take"
                  onClick={() => {
                    setQuery({ message: row.id });
                    onTake();
                  }}
                >
                  <span class="num quiet-text">{formatMoment(row.at, now.peek())}</span>
                  <span class="num">{formatAddress(row.person)}</span>
                  <span class="related-text">{oneLine(row.content)}</span>
                </button>
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}
