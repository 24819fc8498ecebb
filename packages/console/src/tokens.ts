// The colours of the page, once. styles/tokens.css is written from them (a test compares the two), and the contrasts are computed from them.

/** One theme: token name to hex colour. */
export type Theme = Readonly<Record<TokenName, string>>;

/** Every colour that the style sheets may name, as `var(--name)`. */
export type TokenName =
  | "bg"
  | "surface"
  | "sunk"
  | "sel"
  | "line"
  | "ink"
  | "ink2"
  | "ink3"
  | "edge"
  | "accent"
  | "brass"
  | "brassCord"
  | "ok"
  | "degraded"
  | "down"
  | "parked"
  | "paused";

/** The two themes: enamel (light) and night (dark). */
export const themes: { readonly light: Theme; readonly dark: Theme } = {
  light: {
    bg: "#f4f8f7",
    surface: "#ffffff",
    sunk: "#e9efed",
    sel: "#dfebec",
    line: "#d3dbd9",
    ink: "#142121",
    ink2: "#3e4c4c",
    ink3: "#586565",
    edge: "#778381",
    accent: "#0a6682",
    brass: "#7e5c28",
    brassCord: "#a37c38",
    ok: "#24733d",
    degraded: "#a64d11",
    down: "#ba1426",
    parked: "#85358b",
    paused: "#4b5866",
  },
  dark: {
    bg: "#11191a",
    surface: "#192223",
    sunk: "#0c1314",
    sel: "#1e3338",
    line: "#2c3637",
    ink: "#e4ebea",
    ink2: "#b2bdbc",
    ink3: "#909d9c",
    edge: "#717f7f",
    accent: "#65c5df",
    brass: "#d5b678",
    brassCord: "#c19f61",
    ok: "#6bca8f",
    degraded: "#f9a25b",
    down: "#fd7674",
    parked: "#de99e2",
    paused: "#9faebf",
  },
};

/** How much of a state's colour its tint takes, the rest is `bg`. */
export const tintShare: { readonly light: number; readonly dark: number } = { light: 0.1, dark: 0.16 };

/** The text of styles/tokens.css. */
export function tokensCss(): string {
  const body = (theme: "light" | "dark", indent: string): string =>
    [
      `color-scheme: ${theme};`,
      ...Object.entries(themes[theme]).map(([name, value]) => `--${kebab(name)}: ${value};`),
      `--tint: ${tintShare[theme] * 100}%;`,
    ]
      .map((line) => indent + line)
      .join("\n");
  return `/* Written from tokens.ts; \`npx vitest run packages/console/test/tokens.test.ts -u\` writes it anew. */
:root {
${body("light", "  ")}
}
@media (prefers-color-scheme: dark) {
  :root:not([data-theme="light"]) {
${body("dark", "    ")}
  }
}
:root[data-theme="dark"] {
${body("dark", "  ")}
}
`;
}

/** The WCAG 2 contrast of two hex colours, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** `share` of `colour` over `ground`, both hex, as hex. */
export function mix(colour: string, ground: string, share: number): string {
  const [a, b] = [channels(colour), channels(ground)];
  const mixed = a.map((value, index) => Math.round(value * share + (b[index] ?? 0) * (1 - share)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function channels(hex: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

// WCAG 2.2, definition of relative luminance.
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = channels(hex).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
