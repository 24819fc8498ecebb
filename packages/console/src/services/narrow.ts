// Whether the window is too narrow for the map. The width is that of `.wide-only` in shell.css.

import { type ReadonlySignal, signal } from "@preact/signals";

const query = matchMedia("(max-width: 1099px)");
const narrow = signal(query.matches);
query.addEventListener("change", ({ matches }) => (narrow.value = matches));

/** True below the width at which the map is drawn. What is not seen need not be drawn each second. */
export const isNarrow: ReadonlySignal<boolean> = narrow;
