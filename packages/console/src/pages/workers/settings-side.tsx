// Beside a form: what saving it will do, the difference, where the values come from.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural, textOf } from "../../format.ts";
import { Segments } from "../../parts/bar.tsx";
import { Diff } from "../../parts/diff.tsx";
import type { Values } from "../../parts/form-merge.ts";
import { Lamp } from "../../parts/lamp.tsx";
import { path } from "../../router.ts";
import type { ConfigOrigin, ConfigPreview, Schema, Worker } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";

/** What will happen. */
export function Consequences({
  preview,
  changes,
  schema,
  before,
  after,
}: {
  readonly preview: ConfigPreview;
  readonly changes: number;
  readonly schema: Schema;
  readonly before: Values;
  readonly after: Values;
}): JSX.Element {
  const [form, setForm] = useState<"YAML" | "JSON">("YAML");
  const json = (values: Values): string => JSON.stringify(masked(schema, before, values), undefined, 2);
  return (
    <>
      <ul class="consequences">
        {preview.sentences.map((sentence, index) => (
          <li key={sentence}>
            <Lamp state={index === 0 && preview.restarts.length > 0 ? "starting" : "ok"} name="" /> {sentence}
          </li>
        ))}
      </ul>
      <header class="section-head">
        <h3>{plural(changes, "change")}</h3>
        <span class="section-acts">
          <Segments label="Form of the difference" options={["YAML", "JSON"]} value={form} onChange={setForm} />
        </span>
      </header>
      {form === "YAML" ? (
        <Diff before={preview.diff.before} after={preview.diff.after} />
      ) : (
        <Diff before={json(before)} after={json(after)} />
      )}
    </>
  );
}

function masked(schema: Schema, before: Values, values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      const isSecret = schema.properties?.[key]?.["x-secret"] === true && textOf(value ?? "") !== "";
      return [key, isSecret ? (value === before[key] ? "••••••••" : "•••••••• new") : value];
    }),
  );
}

/** Where the values come from, and the way to bring them into the file. */
export function Origin({ worker }: { readonly worker: Worker }): JSX.Element {
  const origin = useCall<ConfigOrigin>("config.origin", [worker.name], ["workers.changed"]);
  const first = origin.data?.options.find(({ line }) => line !== null);
  const file = first === undefined ? "the gateway's file" : `${first.file?.split("/").at(-1)} line ${first.line}`;
  return (
    <p class="quiet-text">
      {worker.source === "file"
        ? `From ${file}.`
        : worker.source === "runtime"
          ? "Made at run time; the gateway's file does not mention it."
          : `From ${file}, changed at run time.`}{" "}
      {worker.source === "file" ? null : <a href={path("settings", "config")}>Write back to file…</a>}
    </p>
  );
}
