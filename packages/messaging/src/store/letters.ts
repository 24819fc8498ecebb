// Which letters in a row the messages of a filter must have somewhere in their texts, for SQLite's index of texts (text-parts.ts).

import type { MessageFilter } from "./message-filter.ts";
import { searchable } from "./rows.ts";

/** Threes of letters that must all be there, as a full-text query; or, where less is asked for, letters with which some three must begin. */
export type WantedLetters = { readonly match: string } | { readonly begin: string };

const maxLetters = 40;

/** What the filter asks of texts; undefined where that is nothing. */
export function lettersOf({ text = [] }: MessageFilter): WantedLetters | undefined {
  const words = text
    .filter(({ value, not = false }) => !not && value !== "")
    .map(({ value }) => Array.from(searchable(value)).slice(0, maxLetters));
  const threes = new Set(words.flatMap(threesOf));
  if (threes.size > 0) return { match: [...threes].map((three) => `"${three.replaceAll('"', '""')}"`).join(" AND ") };
  const [longest = []] = words.toSorted((one, other) => other.length - one.length);
  return longest.length === 0 ? undefined : { begin: longest.join("") };
}

function threesOf(letters: readonly string[]): string[] {
  return letters.slice(2).map((_, index) => letters.slice(index, index + 3).join(""));
}
