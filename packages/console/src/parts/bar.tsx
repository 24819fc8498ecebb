// The bar on top of each page: where we are, its state, its tabs, its acts. Tabs are links, parts of the path.

import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useKeys } from "../keys.ts";
import { navigate } from "../router.ts";

/** One tab. */
export interface Tab {
  readonly name: string;
  readonly href: string;
  readonly isOpen: boolean;
  readonly count?: number;
}

/** What a bar is given. */
export interface BarProps {
  /** Names and addresses of what is above. */
  readonly path?: readonly { readonly name: string; readonly href: string }[];
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly tabs?: readonly Tab[];
  readonly children?: ComponentChildren;
}

/** The bar. */
export function Bar({ path = [], title, note, tabs, children }: BarProps): JSX.Element {
  useEffect(() => {
    pageTitle(title);
  }, [title]);
  return (
    <header class="bar">
      <div class="bar-name">
        {path.map(({ name, href }) => (
          <span class="crumb" key={href}>
            <a href={href}>{name}</a> <span aria-hidden>/</span>{" "}
          </span>
        ))}
        <h1>{title}</h1>
        {note === undefined ? null : <span class="bar-note">{note}</span>}
      </div>
      {tabs === undefined ? null : <Tabs tabs={tabs} label={title} />}
      <div class="bar-acts">{children}</div>
    </header>
  );
}

/** Tabs of an object; `[` and `]` go through them. */
export function Tabs({ tabs, label }: { readonly tabs: readonly Tab[]; readonly label: string }): JSX.Element {
  const step = (by: number): unknown => {
    const at = tabs.findIndex(({ isOpen }) => isOpen);
    const next = tabs[(at + by + tabs.length) % tabs.length];
    return next === undefined ? false : navigate(next.href);
  };
  useKeys({ nextTab: () => step(1), previousTab: () => step(-1) });
  return (
    <nav class="tabs" aria-label={`Parts of ${label}`}>
      {tabs.map(({ name, href, isOpen, count }) => (
        <a key={href} href={href} aria-current={isOpen ? "page" : undefined}>
          {name}
          {count === undefined ? null : <span class="quiet-text"> {count}</span>}
        </a>
      ))}
    </nav>
  );
}

/** A choice of few, side by side. */
export function Segments<Value extends string>({
  label,
  options,
  value,
  onChange,
}: {
  readonly label: string;
  /** Those that are called what they are need no name. */
  readonly options: readonly (Value | { readonly value: Value; readonly name: string })[];
  readonly value: Value | undefined;
  readonly onChange: (value: Value) => void;
}): JSX.Element {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options
        .map((option) => (typeof option === "string" ? { value: option, name: option } : option))
        .map((option) => (
          <button
            key={option.value}
            type="button"
            aria-pressed={option.value === value}
            onClick={() => onChange(option.value)}
          >
            {option.name}
          </button>
        ))}
    </div>
  );
}

let nameOfPage = "Switchboard";
let stateOfPage = "";

/** Puts the page's name into the document's title. */
function pageTitle(name: string): void {
  nameOfPage = name;
  document.title = [stateOfPage, nameOfPage].filter((part) => part !== "").join(" · ");
}

/** Puts the gateway's state in front of the document's title. */
export function pageState(state: string): void {
  stateOfPage = state;
  pageTitle(nameOfPage);
}
