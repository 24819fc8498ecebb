// The mark: four jacks, one cord joins two of them, out in petrol, back in brass: an S. Pure.

import type { JSX } from "preact";

/** The mark at a size in pixels. */
export function Mark({ size }: { readonly size: number }): JSX.Element {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <path class="mark-in" d="M25.5 6.5H15a4.75 4.75 0 0 0 0 9.5h1" />
      <path class="mark-out" d="M16 16h1a4.75 4.75 0 0 1 0 9.5H6.500" />
      <circle class="mark-in-plug" cx="26.500" cy="6.5" r="4.500" />
      <circle class="mark-out-plug" cx="5.500" cy="25.5" r="4.500" />
      <circle class="mark-jack" cx="5.500" cy="5.500" r="3.200" />
      <circle class="mark-jack" cx="26.500" cy="26.500" r="3.200" />
    </svg>
  );
}
