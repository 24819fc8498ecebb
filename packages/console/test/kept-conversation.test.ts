// A conversation kept as a test: what the console writes is imported here, so that its test runs with these.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { answeredBy, testOf } from "../src/pages/conversation/as-test.ts";
import { sessionOf } from "../src/pages/conversation/thread.ts";
import type { Exchange } from "../src/parts/exchange.ts";
import type { MessageRow, PhoneLine } from "../src/services/types.ts";
import { newMessage } from "../src/testing/data/messages.ts";

const line: PhoneLine = { channel: "ussd", kind: "ussd", address: "*120*1#", session_timeout_s: 120 };
const tree = {
  start: { text: 'What would "you" like?', answers: ["This", "Nothing"].map((text) => ({ text, next: "bye" })) },
  bye: { text: "As you like.\nGood-bye." },
};

let count = 0;
function said(fields: Partial<MessageRow>, seconds: number): MessageRow {
  const base = newMessage(count++, new Date(Date.UTC(2026, 10, 21, 14, 35, seconds)));
  return { ...base, from_addr: "+27820001122", to_addr: "*120*1#", application: "menu", ...fields };
}

const thread: readonly Exchange[] = [
  {
    asked: said({ content: "*120*1#", session_event: "new" }, 1),
    answers: [said({ content: 'What would "you" like?\n1. This\n2. Nothing', session_event: null }, 2)],
  },
  {
    asked: said({ content: "2", session_event: "resume" }, 10),
    answers: [said({ content: "As you like.\nGood-bye.", session_event: "close" }, 11)],
  },
  { asked: said({ content: null, session_event: "close" }, 20), answers: [] },
];

const kept = testOf({
  application: "menu",
  className: "vumi.demos.decisiontree.DecisionTreeWorker",
  config: {
    transport_name: "menu",
    middleware: [{ keep: { class: "StoringMiddleware" } }],
    password: "********",
    tree,
  },
  line,
  exchanges: thread,
});

// Inside the repository, so that it finds our packages.
const folder = mkdtempSync(join(fileURLToPath(new URL(".", import.meta.url)), "kept-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, kept.name), kept.text);
await import(join(folder, kept.name));

it("says what is said, and what came back, without what is the gateway's and what is secret", () => {
  expect(kept.name).toBe("menu.ussd.test.ts");
  expect(kept.secrets).toEqual(["password"]);
  expect(kept.text).not.toMatch(/password|middleware|transport_name/);
  expect(kept.text).toContain('import { DecisionTreeWorker } from "@switchboard/messaging/applications";');
  expect(kept.text).toContain('expect(await say("2", { ...person, session_event: "resume" })).toMatchObject([');
  expect(kept.text).toContain('expect(await say(null, { ...person, session_event: "close" })).toMatchObject([]);');
});

it("imports an application of one's own from beside it", () => {
  const nameOf = (className: string): readonly string[] => {
    const { name, text } = testOf({ application: "desk", className, config: {}, line, exchanges: thread });
    return [name, ...(/import (.*) from "(\.\/.*)"/.exec(text)?.slice(1) ?? [])];
  };
  expect(nameOf("./src/night-desk.ts#NightDesk")).toEqual([
    "night-desk.ussd.test.ts",
    "{ NightDesk }",
    "./night-desk.ts",
  ]);
  expect(nameOf("../desk.js")).toEqual(["desk.ussd.test.ts", "Application", "./desk.js"]);
});

it("keeps what one application answered", () => {
  const other = { asked: said({ application: "echo" }, 30), answers: [] };
  expect(answeredBy([...thread, other], "menu")).toEqual(thread);
});

it("knows how a session stands, and how long the network leaves it open", () => {
  const at = (seconds: number): Date => new Date(Date.UTC(2026, 10, 21, 14, 35, seconds));
  expect(sessionOf([], line, at(0))).toEqual({ isOpen: false, screen: 0 });
  expect(sessionOf(thread.slice(0, 1), line, at(12))).toEqual({ isOpen: true, screen: 1, leftMs: 110_000 });
  expect(sessionOf(thread.slice(0, 1), line, at(122))).toEqual({ isOpen: false, screen: 1, closer: "the network" });
  expect(sessionOf(thread.slice(0, 2), line, at(12))).toEqual({ isOpen: false, screen: 2, closer: "menu" });
  expect(sessionOf(thread, line, at(21))).toMatchObject({ isOpen: false, closedBy: thread[2]?.asked.id });
  expect(sessionOf(thread, { ...line, kind: "sms" }, at(21)).isOpen).toBe(true);
});
