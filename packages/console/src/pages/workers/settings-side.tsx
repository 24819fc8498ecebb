// Beside a form: what saving it will do, the difference, where the values come from and how to bring them into the file.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural, textOf } from "../../format.ts";
import { Segments } from "../../parts/bar.tsx";
import { Code } from "../../parts/code.tsx";
import { Diff } from "../../parts/diff.tsx";
import { saveFile } from "../../parts/download.ts";
import type { Values } from "../../parts/form-merge.ts";
import { Lamp } from "../../parts/lamp.tsx";
import { ActError } from "../../parts/state.tsx";
import type { ConfigPreview, Schema, Worker } from "../../services/types.ts";
import { call, useAct } from "../../services/use-call.ts";

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
  const [form, setForm] = useState<"yaml" | "json">("yaml");
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
          <Segments
            label="Form of the difference"
            options={[
              { value: "yaml", name: "YAML" },
              { value: "json", name: "JSON" },
            ]}
            value={form}
            onChange={setForm}
          />
        </span>
      </header>
      {form === "yaml" ? (
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

const origins: Readonly<Record<string, string>> = {
  file: "From the gateway's file.",
  runtime: "Made while the gateway ran; its file does not mention it.",
  "file, changed": "From the gateway's file, changed while it ran; the file still says what it was.",
};

/** Where the values come from, and how to bring them into the file. */
export function Origin({ worker }: { readonly worker: Worker }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const act = useAct();
  const isOther = worker.source !== "file";
  return (
    <section class="origin" aria-label="Where the values come from">
      <p class="quiet-text">
        {origins[worker.source] ?? `From ${worker.source}.`}{" "}
        {isOther ? "Changes are kept by the gateway and outlive a restart. " : ""}
        <button type="button" class="link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOther ? "Bring them into the file…" : "As in the file…"}
        </button>
      </p>
      {isOpen ? (
        <>
          <p class="quiet-text">
            In place of this worker's section under <code>workers</code>. Secrets are masked: keep those that the file
            has.
          </p>
          <Code value={sectionOf(worker)} language="text" foldAt={30} copy label={`${worker.name} as YAML`} />
          <p class="buttons">
            <button
              type="button"
              disabled={act.isPending}
              onClick={() =>
                void act.run(async () => saveFile("switchboard.yaml", [await call<string>("config.export")]))
              }
            >
              Save the whole configuration as a file
            </button>
          </p>
          <ActError error={act.error} />
        </>
      ) : null}
    </section>
  );
}

// `config_source` is YAML; here it stands two steps further in.
function sectionOf({ name, class: className, config_source = "" }: Worker): string {
  const inside = config_source
    .trimEnd()
    .split("\n")
    .map((line) => `    ${line}`);
  return [`${name}:`, `  class: ${className}`, "  config:", ...inside].join("\n");
}
