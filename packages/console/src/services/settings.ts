// What this browser remembers of its user's choices: theme, widths, columns, person of the phone. Never a secret.

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";

const prefix = "switchboard.";

/** A remembered choice, or undefined. */
export function readSetting(name: string): string | undefined {
  try {
    return localStorage.getItem(prefix + name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Remembers a choice; null forgets it. A browser that keeps nothing is no error. */
export function writeSetting(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, value);
  } catch {
    // Private windows may refuse; the choice then lasts as long as the page.
  }
}

/** The names of all remembered choices that begin with `start`. */
export function settingNames(start: string): readonly string[] {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(prefix + start))
      .map((key) => key.slice(prefix.length));
  } catch {
    return [];
  }
}

/** Light, dark, or what the system says. */
export type ThemeChoice = "light" | "dark" | "system";

/** The chosen theme. */
export const theme: Signal<ThemeChoice> = signal(asTheme(readSetting("theme")));

// Tests of what needs no page run without one.
const darkSystem: MediaQueryList | undefined = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
const isSystemDark = signal(darkSystem?.matches ?? false);
darkSystem?.addEventListener("change", ({ matches }) => (isSystemDark.value = matches));

/** The colours that are shown now: those chosen, or the system's, which may change by itself in the evening. */
export const scheme: ReadonlySignal<"light" | "dark"> = computed(() => {
  if (theme.value !== "system") return theme.value;
  return isSystemDark.value ? "dark" : "light";
});

/** Chooses a theme and remembers it. */
export function chooseTheme(choice: ThemeChoice): void {
  theme.value = choice;
  writeSetting("theme", choice === "system" ? null : choice);
  applyTheme();
}

/** Puts the chosen theme on the page. */
export function applyTheme(): void {
  if (theme.value === "system") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", theme.value);
}

function asTheme(text: string | undefined): ThemeChoice {
  return text === "light" || text === "dark" ? text : "system";
}
