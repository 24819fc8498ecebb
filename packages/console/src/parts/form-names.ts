// Names that exist, for fields to complete to: by the kind of text of the schema, else by what the field is called.

import { mapData, workers } from "../services/live.ts";
import type { Schema } from "../services/types.ts";
import { formatOf } from "./form-model.ts";

const abouts: ReadonlySet<string> = new Set(["channel", "router", "application", "worker", "queue"]);

/** The names, or undefined where any text will do. */
export function namesFor(key: string, schema: Schema): readonly string[] | undefined {
  const about = [formatOf(schema), schema.title, key].find((word) => word !== undefined && abouts.has(word));
  if (about === undefined) return undefined;
  if (about === "queue")
    return [...new Set((mapData.value?.lines ?? []).flatMap((line) => [line.inbound_queue, line.outbound_queue]))];
  return (workers.value ?? []).filter(({ kind }) => about === "worker" || kind === about).map(({ name }) => name);
}
