// Go to anything: objects, acts, pages, messages by text or id. From memory at once; nothing in it acts without the questions that the pages ask.

import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { navigate, path } from "../router.ts";
import { mapData, workers } from "../services/live.ts";
import { offers, shownPages } from "../services/offers.ts";
import { readSetting, writeSetting } from "../services/settings.ts";
import type { LampState } from "../services/types.ts";
import { Lamp, lampWords } from "./lamp.tsx";

/** One line of the palette. */
export interface PaletteItem {
  readonly group: "Go" | "Do" | "Search";
  readonly name: string;
  readonly note: string;
  readonly lamp?: LampState;
  readonly href: string;
}

/** What fits what is typed, best first: names that begin with it, that contain it, that contain each of its words; last used first among equals. */
function matchItems(items: readonly PaletteItem[], typed: string, used: readonly string[]): readonly PaletteItem[] {
  const onlyActs = typed.startsWith(">");
  const words = typed
    .replace(/^[>@#]/, "")
    .trim()
    .toLowerCase();
  const rank = ({ name, href }: PaletteItem): number => {
    const lower = name.toLowerCase();
    const at = lower.indexOf(words);
    if (at < 0 && !words.split(" ").every((word) => lower.includes(word))) return -1;
    return (at === 0 ? 200 : at > 0 ? 100 : 0) + Math.max(0, 20 - used.indexOf(href)) * (used.includes(href) ? 1 : 0);
  };
  const groups = ["Go", "Do", "Search"];
  return items
    .filter((item) => (!onlyActs || item.group === "Do") && (item.group === "Search" || rank(item) >= 0))
    .toSorted((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group) || rank(b) - rank(a))
    .slice(0, 14);
}

function allItems(typed: string): readonly PaletteItem[] {
  const kindPath = {
    channel: "channels",
    router: "routers",
    application: "applications",
    worker: "applications",
  } as const;
  const objects = (workers.value ?? []).map(({ name, kind, lamp, state }): PaletteItem => ({
    group: "Go",
    name,
    note: `${kind}, ${state === "running" && lamp !== "ok" ? lampWords[lamp] : state}`,
    lamp,
    href: path(kindPath[kind], name),
  }));
  const queues = [
    ...new Set((mapData.value?.lines ?? []).flatMap((line) => [line.inbound_queue, line.outbound_queue])),
  ];
  const text = typed.replace(/^[@#]/, "").trim();
  const acts = (workers.value ?? []).flatMap(({ name, kind, state }): PaletteItem[] => [
    ...(kind === "channel"
      ? [{ group: "Do" as const, name: `Talk on ${name}`, note: "", href: path("talk", name) }]
      : []),
    {
      group: "Do",
      name: `${state === "paused" ? "Resume" : "Pause"} ${name}…`,
      note: "",
      href: `${path(kindPath[kind], name)}?ask=${state === "paused" ? "resume" : "pause"}`,
    },
  ]);
  return [
    ...objects,
    ...queues.map((name): PaletteItem => ({ group: "Go", name, note: "queue", href: path("queues", name) })),
    ...(shownPages.value ?? []).map((page): PaletteItem => ({
      group: "Go",
      name: page.name,
      note: "page",
      href: page.path,
    })),
    ...acts,
    ...(text === "" || !offers("messages")
      ? []
      : [
          {
            group: "Search" as const,
            name: `Messages with “${text}”`,
            note: "24 h",
            href: `/messages?q=${encodeURIComponent(text)}&range=24h`,
          },
        ]),
  ];
}

/** The palette. */
export function Palette({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const used = (readSetting("used") ?? "").split("\n");
  const items = matchItems(allItems(typed), typed, used);
  useLayoutEffect(() => {
    const before = document.activeElement;
    input.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const open = (item: PaletteItem | undefined): void => {
    if (item === undefined) return;
    writeSetting("used", [item.href, ...used.filter((href) => href !== item.href)].slice(0, 20).join("\n"));
    onClose();
    navigate(item.href);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") setAt(Math.min(items.length - 1, at + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
    else if (event.key === "Enter") open(items[at]);
    else if (event.key === "Escape") onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="veil" onClick={(event) => (event.target === event.currentTarget ? onClose() : undefined)}>
      <div class="palette" role="dialog" aria-label="Go to anything" aria-modal="true">
        <div class="palette-field">
          <input
            ref={input}
            role="combobox"
            aria-expanded="true"
            aria-controls="palette-list"
            aria-activedescendant={items[at] === undefined ? undefined : `palette-${at}`}
            aria-label="Go to anything"
            placeholder="a name, a page, a text"
            value={typed}
            onInput={(event) => {
              setTyped(event.currentTarget.value);
              setAt(0);
            }}
            onKeyDown={onKeyDown}
          />
          <span class="quiet-text">
            <kbd>&gt;</kbd> only actions
          </span>
        </div>
        <div id="palette-list" role="listbox" aria-label="Places and actions">
          {items.map((item, index) => (
            <div key={item.href + item.name} role="presentation">
              {items[index - 1]?.group === item.group ? null : (
                <p class="palette-group" role="presentation">
                  {item.group}
                </p>
              )}
              <div
                id={`palette-${index}`}
                role="option"
                aria-selected={index === at}
                class="palette-item"
                onClick={() => open(item)}
              >
                {item.lamp === undefined ? <span class="lamp-space" /> : <Lamp state={item.lamp} name="" />}
                <b>{item.name}</b> <span class="quiet-text">{item.note}</span>
              </div>
            </div>
          ))}
          {items.length === 0 ? (
            <p class="palette-group" role="presentation">
              Nothing has this name.
            </p>
          ) : null}
        </div>
      </div>
    </div>
  );
}
