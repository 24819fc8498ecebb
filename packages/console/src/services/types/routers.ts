// What a router decides by, and where a message would go. In the wire's own names; times are Dates, null means not known.

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
}

/** Where a message would go, and why. */
export interface Explanation {
  readonly targets: readonly { readonly endpoint: string; readonly application: string; readonly rule: number }[];
  readonly why: readonly { readonly number: number; readonly matched: boolean; readonly reason: string }[];
}
