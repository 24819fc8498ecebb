// The tag of a message: which address or campaign it belongs to, as (pool, name).

import { isJsonObject } from "./json.ts";
import type { UserMessage } from "./user-message.ts";

/** The tag of a message: its pool and its name. */
export function tagOf({ helper_metadata }: UserMessage): readonly [pool: string, name: string] | undefined {
  const { tag: holder } = helper_metadata;
  const tag = isJsonObject(holder) ? holder["tag"] : undefined;
  if (!Array.isArray(tag)) return undefined;
  const [pool, name] = tag as readonly unknown[];
  return typeof pool === "string" && typeof name === "string" ? [pool, name] : undefined;
}
