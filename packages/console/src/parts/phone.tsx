// A phone for trying channels as a person would: lines as tabs, bubbles for SMS and chat, screens with numbered choices for USSD, plain text for
// telnet. It only shows and asks; the page sends.

import type { Exchange } from "./exchange.ts";
import { choiceOf, smsParts } from "./sms.ts";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { formatAddress, formatDuration, formatMoment } from "../format.ts";
import { now } from "../services/clock.ts";
import type { LampState, MessageRow, PhoneLine } from "../services/types.ts";
import { Lamp } from "./lamp.tsx";

/** What a phone is given. */
export interface PhoneProps {
  readonly person: string;
  readonly lines: readonly PhoneLine[];
  readonly line: PhoneLine;
  readonly thread: readonly Exchange[];
  readonly selected: string | undefined;
  /** Whether something can be said; without, the line is dialled first. */
  readonly isOpen: boolean;
  /** How the session stands; of a line that has none, nothing. */
  readonly session: ComponentChildren;
  readonly isSending: boolean;
  readonly onLine: (channel: string) => void;
  readonly onSend: (text: string) => void;
  readonly onSelect: (id: string) => void;
  readonly onHangUp: () => void;
  readonly onTimeOut: () => void;
  readonly onDial: () => void;
  readonly onSomeoneElse: () => void;
}

/** The phone. */
export function Phone(props: PhoneProps): JSX.Element {
  const {
    person,
    lines,
    line,
    thread,
    selected,
    isOpen,
    session,
    isSending,
    onLine,
    onSend,
    onSelect,
    onHangUp,
    onTimeOut,
    onDial,
    onSomeoneElse,
  } = props;
  const [text, setText] = useState("");
  const log = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const tabs = useRef<HTMLDivElement>(null);
  const isUssd = line.kind === "ussd";
  useEffect(() => {
    if (log.current !== null) log.current.scrollTop = log.current.scrollHeight;
  }, [thread.length, thread.at(-1)?.answers.length]);
  useEffect(() => input.current?.focus({ preventScroll: true }), [line.channel, isOpen]);
  // Of many lines, the chosen one in sight.
  useEffect(() => {
    const chosen = tabs.current?.querySelector<HTMLElement>("[aria-pressed=true]");
    if (tabs.current !== null && chosen !== null && chosen !== undefined)
      tabs.current.scrollLeft = chosen.offsetLeft - tabs.current.offsetLeft - 40;
  }, [line.channel, lines.length]);
  const send = (what: string): void => {
    if (what === "" || isSending) return;
    onSend(what);
    setText("");
  };
  const last = thread.at(-1);
  return (
    <section class={`phone phone-${line.kind}`} aria-label="Phone">
      <header class="phone-head">
        <b class="num">{formatAddress(person)}</b>
        <button type="button" class="link" onClick={onSomeoneElse}>
          Someone else
        </button>
        <div class="phone-lines" ref={tabs} role="group" aria-label="Lines">
          {lines.map((each) => (
            <button
              key={each.channel}
              type="button"
              aria-pressed={each.channel === line.channel}
              onClick={() => onLine(each.channel)}
            >
              {each.channel}{" "}
              <span class="quiet-text">
                {each.kind === "chat" ? "chat" : each.kind.toUpperCase().replace("TELNET", "telnet")}
              </span>
            </button>
          ))}
        </div>
      </header>
      <div class="phone-log" ref={log} role="log" aria-label="Conversation" tabIndex={0}>
        {thread.length === 0 ? (
          <p class="quiet-text phone-empty">
            {isUssd ? `Dial ${line.codes?.[0] ?? line.address} to begin.` : `Write to ${line.address} to begin.`}
          </p>
        ) : null}
        {thread.map((exchange) => (
          <div
            key={exchange.asked.id}
            class={`exchange ${exchange.asked.id === selected ? "exchange-selected" : ""}`}
            onClick={() => onSelect(exchange.asked.id)}
          >
            {exchange.asked.session_event === "close" ? (
              <p class="bubble-note session-end num">session ended, {formatMoment(exchange.asked.at, now.peek())}</p>
            ) : (
              <>
                <p class="bubble bubble-in">{exchange.asked.content}</p>
                <p class="bubble-note bubble-note-in num">{formatMoment(exchange.asked.at, now.peek())}</p>
              </>
            )}
            {exchange.answers.map((answer) => (
              <Answer
                key={answer.id}
                answer={answer}
                asked={exchange.asked}
                isUssd={isUssd}
                isLast={exchange === last && isOpen}
                onChoose={send}
              />
            ))}
            {exchange.answers.length === 0 && exchange.asked.session_event !== "close" ? (
              <p class="bubble-note">
                <Lamp state={unansweredLamp(exchange.asked.state)} size={10} name="" />{" "}
                {["parked", "failed", "handled"].includes(exchange.asked.state)
                  ? exchange.asked.state
                  : "no answer yet"}
              </p>
            ) : null}
          </div>
        ))}
      </div>
      <form
        class="phone-foot"
        onSubmit={(event) => {
          event.preventDefault();
          send(text);
        }}
      >
        {session}
        {isUssd && !isOpen ? (
          <button type="button" class="main" onClick={onDial} disabled={isSending}>
            {thread.length === 0 ? "Dial" : "Dial again"} {line.codes?.[0] ?? line.address}
          </button>
        ) : (
          <div class="phone-input">
            <input
              ref={input}
              aria-label={`Write to ${line.channel}`}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
              autocomplete="off"
              placeholder={isUssd ? "number or text" : "message"}
            />
            <button type="submit" class="main" disabled={isSending || text === ""}>
              {isSending ? "Sending" : "Send"}
            </button>
          </div>
        )}
        {isUssd && isOpen ? (
          <p class="phone-links">
            <button type="button" class="link" onClick={onHangUp}>
              Hang up
            </button>
            <button type="button" class="link" onClick={onTimeOut}>
              Let it time out
            </button>
            <button type="button" class="link" onClick={onDial}>
              Dial again
            </button>
          </p>
        ) : null}
        {line.kind === "sms" && text !== "" ? <SmsLength text={text} /> : null}
      </form>
    </section>
  );
}

function unansweredLamp(state: MessageRow["state"]): LampState {
  if (state === "parked") return "parked";
  if (state === "failed") return "down";
  return state === "handled" ? "ok" : "starting";
}

function SmsLength({ text }: { readonly text: string }): JSX.Element {
  const { used, of, parts } = smsParts(text);
  return (
    <p class="bubble-note num">
      {used} of {of}, {parts === 1 ? "1 part" : `${parts} parts`}
    </p>
  );
}

interface AnswerProps {
  readonly answer: MessageRow;
  readonly asked: MessageRow;
  readonly isUssd: boolean;
  readonly isLast: boolean;
  readonly onChoose: (text: string) => void;
}

function Answer({ answer, asked, isUssd, isLast, onChoose }: AnswerProps): JSX.Element {
  const text = answer.content ?? "";
  const { used, of, parts } = smsParts(text);
  return (
    <>
      <div class={`bubble ${isUssd ? "screen" : ""}`}>
        {isUssd
          ? text.split("\n").map((textLine, index) => {
              const choice = isLast ? choiceOf(textLine) : undefined;
              return (
                <div key={index}>
                  {choice === undefined ? (
                    textLine
                  ) : (
                    <button type="button" class="screen-choice" onClick={() => onChoose(choice)}>
                      {textLine}
                    </button>
                  )}
                </div>
              );
            })
          : text}
      </div>
      <p class="bubble-note num">
        {formatMoment(answer.at, now.peek())} · <b>{formatDuration(answer.at.getTime() - asked.at.getTime())}</b> ·{" "}
        {answer.state} ·{" "}
        {isUssd ? `${text.length} of 182` : `${used} of ${of}, ${parts === 1 ? "1 part" : `${parts} parts`}`}
      </p>
    </>
  );
}
