// Answers everybody with the same text and ends the session.

import { type DefinedApplication, defineApplication } from "../worker/define-application.ts";

/** Answers with `reply_text`, in which `{user}` is the sender's address and `{now}` the date. */
export const StaticReplyApplication: DefinedApplication = defineApplication({
  name: "StaticReplyApplication",
  summary: "Answers everybody with the same text and ends the session.",
  config: {
    reply_text: {
      type: "text",
      default: "Hello {user}, today is {now}.",
      doc: "The answer; {user} is the person's address, {now} the date.",
    },
  },
  onMessage: ({ from_addr, timestamp }, reply, { config }) => {
    const values: Readonly<Record<string, string>> = { user: from_addr ?? "", now: timestamp.slice(0, 10) };
    const text = config.reply_text.replaceAll(/\{(user|now)\}/g, (_, name: string) => values[name] ?? "");
    return reply(text, { continueSession: false });
  },
});
