// A conversation from rows of messages, and how its session stands. Pure.

import type { Exchange } from "../../parts/exchange.ts";
import type { MessageRow, PhoneLine } from "../../services/types.ts";

/** Pairs of what was asked and what came back, oldest first, after a moment. */
export function toThread(rows: readonly MessageRow[], since: number): readonly Exchange[] {
  const shown = rows.filter((row) => row.at.getTime() > since).toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const asked = shown.filter(({ direction }) => direction === "in");
  return asked.map((row) => ({ asked: row, answers: shown.filter(({ in_reply_to }) => in_reply_to === row.id) }));
}

/** How the session of a line stands; a line without sessions is always open. */
export interface SessionState {
  readonly isOpen: boolean;
  /** How many screens there were since it was dialled. */
  readonly screen: number;
  /** How long the network still leaves it open unless something is said; undefined where it does not end it. */
  readonly leftMs?: number;
  /** The id of the message that closed it from the person's side. */
  readonly closedBy?: string;
  /** Who closed it from this side: an application, or the network without a word. */
  readonly closer?: string;
}

/** How a session stands at a moment, by what was said in it. */
export function sessionOf(thread: readonly Exchange[], line: PhoneLine, now: Date): SessionState {
  if (line.kind !== "ussd") return { isOpen: true, screen: thread.length };
  const last = thread.at(-1);
  if (last === undefined) return { isOpen: false, screen: 0 };
  const dialled = thread.findLastIndex(({ asked }) => asked.session_event === "new");
  const screen = thread.slice(Math.max(0, dialled)).reduce((sum, { answers }) => sum + answers.length, 0);
  const answer = last.answers.at(-1);
  if (last.asked.session_event === "close") return { isOpen: false, screen, closedBy: last.asked.id };
  if (answer?.session_event === "close") {
    return { isOpen: false, screen, closer: last.asked.application ?? "the application" };
  }
  const { session_timeout_s: timeout = null } = line;
  if (timeout === null) return { isOpen: true, screen };
  // Whatever either side says begins the time anew.
  const leftMs = (answer ?? last.asked).at.getTime() + timeout * 1000 - now.getTime();
  return leftMs > 0 ? { isOpen: true, screen, leftMs } : { isOpen: false, screen, closer: "the network" };
}
