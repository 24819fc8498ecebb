// What people do often, from the Overview, with the keys it may take; text that is typed does not count.

import type { Page } from "playwright-core";

/** A key, `"text` that is typed, or what must be there before it goes on. */
export type Step = string | ((page: Page) => Promise<unknown>);

/** One job. */
export interface Job {
  readonly steps: readonly Step[];
  readonly atMost: number;
}

const there =
  (selector: string): Step =>
  (page) =>
    page.waitForSelector(selector, { timeout: 20_000 });

const gone =
  (selector: string): Step =>
  (page) =>
    page.waitForSelector(selector, { state: "detached", timeout: 20_000 });

const title = (name: string): Step => there(`h1:text-is("${name}")`);

/** Jobs by name. */
export const jobs: Readonly<Record<string, Job>> = {
  "sees what is wrong now": { steps: [there(".attention-line:has-text('sms-northtel')")], atMost: 0 },
  "opens the worst of it": { steps: ["1", title("sms-northtel")], atMost: 1 },
  "finds a person's last message with its trail": {
    steps: ["/", '"+27820001122', there(".palette-item"), "Enter", there(".row"), "Enter", there(".inspector .trail")],
    atMost: 3,
  },
  "finds that message, and which rule sent it there": {
    steps: [
      "/",
      '"+27820001122',
      there(".palette-item"),
      "Enter",
      there(".row"),
      "Enter",
      there(".inspector .trail"),
      "w",
      there(".rule-decides"),
    ],
    atMost: 4,
  },
  "retries the parked message that is open": {
    steps: ["3", there(".cause"), "Enter", there("h2:has-text('Parked')"), "r", there("h2:has-text('Sent in')")],
    atMost: 3,
  },
  "retries all that is parked for the first cause": {
    steps: [
      "3",
      there(".cause"),
      "Space",
      there(".cause-chosen"),
      "r",
      there("h2:has-text('Retry 31 messages?')"),
      "Enter",
      there(".work-compact:has-text('finished')"),
    ],
    atMost: 4,
  },
  "pauses a channel": {
    steps: [
      "Control+K",
      '"pause sms-lake',
      there(".palette-item"),
      "Enter",
      there(".ask"),
      "Enter",
      there("button:has-text('Resume')"),
    ],
    atMost: 3,
  },
  "talks on a channel": {
    steps: [
      "Control+K",
      '"talk sms-lake',
      there(".palette-item"),
      "Enter",
      there(".phone-input input:focus"),
      '"clinic lakeside',
      "Enter",
      there(".bubble:has-text('You wrote “clinic lakeside”')"),
    ],
    atMost: 3,
  },
  "holds the live list, and goes on": {
    steps: ["g", "m", there(".row"), "Space", there(".table-banner"), "Space", gone(".table-banner")],
    atMost: 4,
  },
  "changes a setting of a channel": {
    steps: [
      "1",
      title("sms-northtel"),
      "]",
      there("#settings-smpp_enquire_link_interval"),
      (page) => page.fill("#settings-smpp_enquire_link_interval", "30"),
      "Control+S",
      there(".ask"),
      "Enter",
      there(".work-compact:has-text('finished')"),
    ],
    atMost: 4,
  },
  "calls a method again as a command in the shell": {
    steps: [
      "g",
      "s",
      there(".filter input:focus"),
      '"routers.explain',
      there(".explorer-tree a:text-is('explain')"),
      "Enter",
      title("explain"),
      "y",
      there("text=Copied"),
    ],
    atMost: 4,
  },
};
