// Schemas of parameters that several built-in services have.

import type { JsonSchema } from "../schema/index.ts";

/** A text that must be given. */
export function text(title: string): JsonSchema {
  return { title, type: "string", mandatory: true };
}

/** A whole number that must be given. */
export function integer(title: string): JsonSchema {
  return { title, type: "integer", mandatory: true };
}

/** Seconds, or null for no limit. */
export const timeout: JsonSchema = { title: "timeout", type: ["number", "null"], minimum: 0 };

/** The methods of administrators. */
export const administrators: { readonly roles: readonly string[] } = { roles: ["admin"] };
