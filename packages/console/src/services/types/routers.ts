// What a router decides by, and where a message would go. In the wire's own names; times are Dates, null means not known.

import type { Schema } from "./schema.ts";

/** One rule of a router. */
export interface Rule {
  readonly number: number;
  readonly looks_at: string;
  readonly value: string;
  readonly target: string;
  readonly hits_last_hour: number | null;
  /** Why it can never match; null or absent when it can. */
  readonly problem?: string | null;
}

/** A router's rules in the order in which they are tried. */
export interface RuleSet {
  readonly kind: string;
  readonly first_match: boolean;
  readonly rules: readonly Rule[];
  /** Of the configuration that these are of; a change names it. */
  readonly revision?: string;
  /** The router's own options as they are set. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The form of these options; null: they are not ours to change. */
  readonly schema?: Schema | null;
}

/** Where a message would go, and why. */
export interface Explanation {
  readonly targets: readonly {
    readonly endpoint: string;
    readonly connector?: string;
    readonly application: string | null;
    /** Null: no rule decided, but what is left when none does. */
    readonly rule: number | null;
  }[];
  readonly why: readonly { readonly number: number; readonly matched: boolean; readonly reason: string }[];
  /** Why it would go nowhere. */
  readonly problem?: string | null;
}

/** What other rules would have done with the last messages. */
export interface RulesPreview {
  readonly of: number;
  readonly changed: number;
  readonly moves: readonly { readonly to: string; readonly count: number; readonly ids: readonly string[] }[];
  readonly per_minute: number | null;
}
