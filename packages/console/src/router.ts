// Where we are: the address as a signal. Paths are pages, objects and tabs; the query holds filters, ranges and selections, so that every view
// can be opened again from its address and the back button goes to the last one. Not a component; app.tsx picks the page.

import { type ReadonlySignal, computed, signal } from "@preact/signals";

/** An address inside the console. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const current = signal<Place>(here());
const guards = new Set<() => boolean>();

/** The present address. */
export const place: ReadonlySignal<Place> = current;

/** The present path's parts, decoded: `/queues/a.b` gives `["queues", "a.b"]`. */
export const segments: ReadonlySignal<readonly string[]> = computed(() =>
  current.value.path
    .split("/")
    .filter((part) => part !== "")
    .map((part) => safeDecode(part)),
);

/** Goes to another address of the console; `replace` leaves no step for the back button. A guard may refuse. */
export function navigate(href: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (href === location.pathname + location.search) return;
  const leaves = new URL(href, location.href).pathname !== location.pathname;
  if (leaves && [...guards].some((guard) => !guard())) return;
  history[replace ? "replaceState" : "pushState"](null, "", href);
  current.value = here();
}

/** Changes parts of the query; null removes one. Small steps (typing a filter) replace, so that back leaves the page. */
export function setQuery(
  changes: Readonly<Record<string, string | null>>,
  options: { readonly replace?: boolean } = { replace: true },
): void {
  const query = new URLSearchParams(current.value.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  navigate(current.value.path + (text === "" ? "" : `?${text}`), options);
}

/** A path of encoded parts: `path("queues", "a/b")` is `/queues/a%2Fb`. */
export function path(...parts: readonly string[]): string {
  return `/${parts.map((part) => encodeURIComponent(part).replaceAll("%3A", ":").replaceAll("%2A", "*")).join("/")}`;
}

/** Asks `guard` before another path is opened; it returns whether that is allowed. Returns what takes the guard away. */
export function guardLeaving(guard: () => boolean): () => void {
  guards.add(guard);
  return () => guards.delete(guard);
}

/** Listens to the back button and to links. Called once by the entry. */
export function startRouter(): void {
  addEventListener("popstate", () => (current.value = here()));
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const href = link?.getAttribute("href");
    if (!href?.startsWith("/") || link?.hasAttribute("download") === true || link?.getAttribute("target")) return;
    event.preventDefault();
    navigate(href);
  });
}

function here(): Place {
  if (typeof location === "undefined") return { path: "/", query: new URLSearchParams() };
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

function safeDecode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
