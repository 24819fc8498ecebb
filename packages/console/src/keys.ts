// The keys: one table from which the handlers, the help sheet and the hints in `kbd` come. Components say what a key does where they are
// with useKeys; the newest of them wins.

import { type ReadonlySignal, computed, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { readSetting } from "./services/settings.ts";

/** One command that has keys. */
export interface KeyBinding {
  readonly id: string;
  /** As typed: `g o` is a sequence, `Ctrl+K` a chord; several alternatives. */
  readonly keys: readonly string[];
  readonly does: string;
  readonly group: "Everywhere" | "Lists" | "Object" | "Pages";
}

const pageKeys: readonly (readonly [letter: string, page: string])[] = [
  ["o", "Overview"],
  ["t", "Conversation"],
  ["m", "Messages"],
  ["q", "Queues"],
  ["c", "Channels"],
  ["r", "Routers"],
  ["a", "Applications"],
  ["k", "Tasks"],
  ["s", "Services"],
  ["e", "Events"],
  ["p", "Plugins"],
  ["n", "Sessions"],
  ["l", "Logs"],
  ["y", "System"],
  ["x", "Settings"],
];

/** Every key of the console. */
export const keyTable: readonly KeyBinding[] = [
  { id: "palette", keys: ["Ctrl+K"], does: "go to anything", group: "Everywhere" },
  { id: "help", keys: ["?"], does: "keys of this page", group: "Everywhere" },
  { id: "filter", keys: ["/"], does: "filter, search", group: "Everywhere" },
  { id: "close", keys: ["Escape"], does: "close, then back to the list", group: "Everywhere" },
  { id: "theme", keys: ["Ctrl+."], does: "light, dark, system", group: "Everywhere" },
  { id: "next", keys: ["j", "ArrowDown"], does: "next row or node", group: "Lists" },
  { id: "previous", keys: ["k", "ArrowUp"], does: "previous row or node", group: "Lists" },
  { id: "open", keys: ["Enter"], does: "open", group: "Lists" },
  { id: "select", keys: ["x"], does: "select", group: "Lists" },
  { id: "selectAll", keys: ["a"], does: "all that match", group: "Lists" },
  { id: "hold", keys: ["Space"], does: "hold or resume live; on a row, select", group: "Lists" },
  { id: "newer", keys: ["."], does: "show newer", group: "Lists" },
  {
    id: "attention",
    keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    does: "attention, on Overview",
    group: "Lists",
  },
  { id: "new", keys: ["n"], does: "new", group: "Lists" },
  { id: "nextTab", keys: ["]"], does: "next tab", group: "Object" },
  { id: "previousTab", keys: ["["], does: "previous tab", group: "Object" },
  { id: "retry", keys: ["r"], does: "retry", group: "Object" },
  { id: "edit", keys: ["e"], does: "edit, edit and retry", group: "Object" },
  { id: "why", keys: ["w"], does: "why: the rule that decided", group: "Object" },
  { id: "talk", keys: ["t"], does: "talk on this channel", group: "Object" },
  { id: "pause", keys: ["p"], does: "pause or resume", group: "Object" },
  { id: "copyLink", keys: ["l"], does: "copy link", group: "Object" },
  { id: "copy", keys: ["y"], does: "copy body or command", group: "Object" },
  { id: "save", keys: ["Ctrl+S"], does: "save", group: "Object" },
  { id: "submit", keys: ["Ctrl+Enter"], does: "call, submit", group: "Object" },
  ...pageKeys.map(
    ([letter, page]) => ({ id: `go.${page}`, keys: [`g ${letter}`], does: page, group: "Pages" }) as const,
  ),
];

/** What the keys do now: command id to handler. A handler that returns false passes the key on. */
export type KeyHandlers = Readonly<Record<string, (event: KeyboardEvent) => unknown>>;

const layers = signal<readonly { readonly current: KeyHandlers }[]>([]);

/** The ids that have a handler at present, for the help sheet. */
export const activeKeys: ReadonlySignal<ReadonlySet<string>> = computed(
  () => new Set(layers.value.flatMap(({ current }) => Object.keys(current))),
);

/** Gives keys a meaning while the component is shown. */
export function useKeys(handlers: KeyHandlers): void {
  const ref = useRef(handlers);
  ref.current = handlers;
  useEffect(() => {
    layers.value = [...layers.peek(), ref];
    return () => {
      layers.value = layers.peek().filter((layer) => layer !== ref);
    };
  }, []);
}

/** How a key is written in a hint: `Ctrl K`, `R`. */
export function keyHint(id: string): string {
  const key = keyTable.find((binding) => binding.id === id)?.keys[0] ?? "";
  return shownKey(key).replace(/^[a-z]$/, (letter) => letter.toUpperCase());
}

/** The keys of a command as they are listed: `Ctrl K`, `j` and `↓`, `1–9`. */
export function shownKeys({ keys }: KeyBinding): readonly string[] {
  return keys.length > 4 ? [`${keys[0]}–${keys.at(-1)}`] : keys.map(shownKey);
}

function shownKey(key: string): string {
  return key.replace("+", " ").replace("Escape", "Esc").replace("ArrowDown", "↓").replace("ArrowUp", "↑");
}

/** The key of an event as the table writes it. */
export function keyOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">): string {
  const key = event.key === " " ? "Space" : event.key;
  if (event.altKey) return `Alt+${key}`;
  return event.ctrlKey || event.metaKey ? `Ctrl+${key.length === 1 ? key.toUpperCase() : key}` : key;
}

/** Finds the commands of a key after `prefix` (`g` or nothing). */
export function commandsOf(key: string, prefix: string): readonly KeyBinding[] {
  const typed = prefix === "" ? key : `${prefix} ${key}`;
  return keyTable.filter((binding) => binding.keys.includes(typed));
}

/** Listens to the keyboard. Called once by the entry; returns what stops it. */
export function startKeys(): () => void {
  let prefix = "";
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    const key = keyOf(event);
    const isTyping = isField(event.target);
    const isPlain = !key.includes("+") && key !== "Escape";
    if (isPlain && (isTyping || (key.length === 1 && readSetting("singleKeys") === "off"))) return;
    if (isPlain && (key === "Enter" || key === "Space") && isControl(event.target)) return;
    if (key === "g" && prefix === "") {
      prefix = "g";
      setTimeout(() => (prefix = ""), 1500);
      return;
    }
    const commands = commandsOf(key, prefix);
    prefix = "";
    for (const { id } of commands) {
      for (const { current } of layers.peek().toReversed()) {
        const handler = current[id];
        if (handler === undefined || handler(event) === false) continue;
        event.preventDefault();
        return;
      }
    }
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const isChoice = target instanceof HTMLInputElement && ["checkbox", "radio", "button"].includes(target.type);
  return !isChoice && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("a, button, summary, input, [role=button]") !== null;
}
