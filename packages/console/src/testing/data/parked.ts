// What is parked on clinic-line, and its causes.

import type { Cause, ParkedMessage } from "../../services/types.ts";
import { at } from "./clock.ts";
import { messageRows } from "./messages.ts";

/** The parked messages by queue. */
export function parkedSeeds(): Record<string, ParkedMessage[]> {
  const make = (count: number, code: string, permanent: boolean, from: string, key: string): ParkedMessage[] =>
    Array.from({ length: count }, (_, index): ParkedMessage => {
      const row =
        index < 2 && code === "ESME_RTHROTTLED"
          ? messageRows[7 + index]
          : index === 0 && code === "ESME_RINVDSTADR"
            ? messageRows[10]
            : undefined;
      const when = row?.at ?? new Date(at(from).getTime() - index * 49_000);
      const person =
        row?.person ?? (permanent ? `07277${String(31 + index)}` : `+2772000${String(1207 + index * 373).slice(0, 4)}`);
      const content = row?.content ?? "Your results are ready. Reply STOP to stop.";
      const id = row?.id ?? `${key}${String(index).padStart(31, "0")}`;
      return {
        id: `p-${id}`,
        at: when,
        tries: permanent ? 1 : 5,
        error: { code, message: code, permanent },
        history: Array.from({ length: permanent ? 1 : 5 }, (_, n) => ({
          at: new Date(when.getTime() - (5 - n) * 16_000),
          code,
          message: code,
        })),
        body: JSON.stringify({ message_id: id, to_addr: person, content }),
        message_id: id,
        person,
        content,
      };
    });
  return {
    "sms-lakecell.outbound": [
      ...make(31, "ESME_RTHROTTLED", false, "14:33:31", "1"),
      ...make(6, "ESME_RINVDSTADR", true, "14:20:00", "2"),
    ],
    "reminders.inbound": make(3, "HTTP_422", true, "14:12:00", "3"),
    "http-partner.outbound": make(1, "ETIMEDOUT", false, "14:02:00", "4"),
  };
}
const sentences: Readonly<Record<string, string>> = {
  ESME_RTHROTTLED: "The SMSC says we send too fast",
  ESME_RINVDSTADR: "The address is not a number",
  HTTP_422: "reminders rejected the message",
  ETIMEDOUT: "The partner did not answer in time",
};

/** The causes among the parked messages of a queue. */
export function causesOf(queue: string, list: readonly ParkedMessage[]): readonly Cause[] {
  const codes = [...new Set(list.map(({ error }) => error.code ?? "unknown"))];
  return codes.map((code) => {
    const own = list.filter(({ error }) => error.code === code);
    const times = own.map((message) => message.at.getTime());
    return {
      cause: code,
      queue,
      code,
      text: code,
      sentence: sentences[code] ?? code,
      count: own.length,
      first: new Date(Math.min(...times)),
      last: new Date(Math.max(...times)),
      permanent: own[0]?.error.permanent === true,
    };
  });
}
