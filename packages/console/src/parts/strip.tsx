// The strip under the page's top: the line is lost, it is back, the gateway restarted.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { formatCount, formatDuration, formatMoment, ordinal } from "../format.ts";
import { now } from "../services/clock.ts";
import { forgetBack, gateway, line } from "../services/connection.ts";
import { alarm, say } from "./announce.tsx";

/** What the strip says, or nothing. */
export function Strip(): JSX.Element | null {
  const { kind, since, back } = line.value;
  const words = back === undefined ? "" : backWords(back);
  useEffect(() => {
    if (kind === "lost") alarm("line", "The line to the gateway dropped");
  }, [kind]);
  // A gateway that is still starting tells later whether it is another one.
  const isKnown = back?.messages !== undefined;
  useEffect(() => {
    if (!isKnown) return;
    say(words);
    const timer = setTimeout(forgetBack, 6000);
    return () => clearTimeout(timer);
  }, [isKnown, words]);
  if (kind === "lost" && since !== undefined) {
    return (
      <section class="strip" aria-label="Connection">
        <Unplugged />
        <p>
          <b>The line to the gateway dropped at {formatMoment(since, since)}.</b> Everything below is from then.
          Messages go on without this page.
        </p>
        <NextTry />
      </section>
    );
  }
  if (back === undefined) return null;
  return (
    <section class="strip strip-back" aria-label="Connection">
      <p>
        <b>{words}</b>
      </p>
      <button type="button" class="small" onClick={forgetBack}>
        Close
      </button>
    </section>
  );
}

/** When the next attempt comes, counted down, and a way not to wait for it. */
function NextTry(): JSX.Element {
  // Read again with each tick of the clock.
  void now.value;
  const next = gateway.value?.nextAttempt;
  const leftS = next === undefined ? 0 : Math.max(0, Math.ceil((next.at - Date.now()) / 1000));
  return (
    <>
      <span class="strip-try num">
        {next === undefined ? "trying now" : `${ordinal(next.number)} try in ${leftS} s`}
      </span>
      <button type="button" class="small" disabled={next === undefined} onClick={() => gateway.peek()?.tryNow()}>
        Try now
      </button>
    </>
  );
}

function backWords(back: NonNullable<typeof line.value.back>): string {
  const messages = typeof back.messages !== "number" ? "" : ` ${formatCount(back.messages)} messages meanwhile.`;
  const restarted =
    back.restartedAt === undefined
      ? ""
      : ` The gateway restarted at ${formatMoment(back.restartedAt, now.peek())}; rates begin anew, no message was forgotten.`;
  return `Back after ${formatDuration(back.awayMs)}.${messages}${restarted}`;
}

function Unplugged(): JSX.Element {
  return (
    <svg width="36" height="12" viewBox="0 0 36 12" aria-hidden>
      <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="2" />
      <rect x="17" y="3" width="9" height="6" rx="1.5" fill="currentColor" />
      <path d="M26 6h10" stroke="currentColor" stroke-width="2" />
    </svg>
  );
}
