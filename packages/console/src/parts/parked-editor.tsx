// Edit and retry: a parked message's body, address and text alone or all of it. The new version goes at the end of the queue; the first one is kept.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatBytes, formatMoment, plural } from "../format.ts";
import { useKeys } from "../keys.ts";
import { now } from "../services/clock.ts";
import { hasRole } from "../services/live.ts";
import type { ParkedWhole } from "../services/types.ts";
import { call, useAct, useCall } from "../services/use-call.ts";
import { RoleButton } from "./ask.tsx";
import { Segments } from "./bar.tsx";
import { Diff } from "./diff.tsx";
import { Lamp } from "./lamp.tsx";
import { prettyBody, readBody, simpleBody, withSimple } from "./parked-body.ts";
import { ActError, Loaded } from "./state.tsx";

/** What the editor is given. */
export interface ParkedEditorProps {
  readonly queue: string;
  /** Of the parking, not of the message. */
  readonly id: string;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}

/** The editor. */
export function ParkedEditor({ queue, id, onDone, onCancel }: ParkedEditorProps): JSX.Element {
  const parked = useCall<ParkedWhole>("bus.parked_get", [queue, id]);
  return (
    <Loaded of={parked} what="The parked message" lines={4}>
      {(data) =>
        data.body === null ? (
          <p>
            Its body is no text ({formatBytes(data.size_bytes)}), so it cannot be edited here. Export has it in full.{" "}
            <button type="button" class="link" onClick={onCancel}>
              Close
            </button>
          </p>
        ) : (
          <BodyEditor parked={data} body={data.body} onDone={onDone} onCancel={onCancel} />
        )
      }
    </Loaded>
  );
}

function BodyEditor({
  parked,
  body,
  onDone,
  onCancel,
}: {
  readonly parked: ParkedWhole;
  readonly body: string;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}): JSX.Element {
  const { queue, id } = parked;
  const first = prettyBody(body);
  const [text, setText] = useState(first);
  const simple = simpleBody(queue, text);
  const [form, setForm] = useState<"simple" | "raw">(simple === undefined ? "raw" : "simple");
  const act = useAct();
  const read = readBody(text);
  const problem = "problem" in read ? read.problem : undefined;
  const isChanged = text !== first;
  const can = hasRole("operator") && problem === undefined;
  const send = (): unknown => {
    if (!can || act.isPending) return false;
    return void act
      .run(async () => {
        const next = isChanged && "json" in read ? JSON.stringify(read.json) : body;
        await call("bus.edit_and_retry", queue, id, next);
      })
      .then((isDone) => (isDone ? onDone() : undefined));
  };
  useKeys({ save: send, submit: send, close: onCancel });
  return (
    <section class="panel" aria-label="Edit and retry">
      <header class="section-head">
        <h3>Edit and retry</h3>
        <span class="section-acts">
          <Segments
            label="What is edited"
            options={[
              { value: "simple", name: "Address and text" },
              { value: "raw", name: "Raw body" },
            ]}
            value={form}
            onChange={(next) => setForm(next === "simple" && simple === undefined ? "raw" : next)}
          />
        </span>
      </header>
      {form === "simple" && simple !== undefined ? (
        <div class="form-group">
          <label class="field">
            {simple.addressField === "to_addr" ? "To" : "From"}
            <input
              value={simple.address}
              onInput={(event) => setText(withSimple(text, { ...simple, address: event.currentTarget.value }))}
            />
          </label>
          <label class="field field-wide">
            Text
            <textarea
              rows={4}
              value={simple.content}
              onInput={(event) => setText(withSimple(text, { ...simple, content: event.currentTarget.value }))}
            />
          </label>
        </div>
      ) : (
        <label class="field">
          Raw body
          <textarea
            class="mono body-editor"
            rows={Math.min(24, Math.max(8, text.split("\n").length))}
            value={text}
            spellcheck={false}
            aria-invalid={problem !== undefined}
            aria-describedby="body-problem"
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
      )}
      <p id="body-problem" class={problem === undefined ? "quiet-text" : "field-error"} aria-live="polite">
        {problem === undefined ? (
          `${formatBytes(parked.size_bytes)}, set aside ${formatMoment(parked.at, now.peek())} after ${plural(parked.tries, "try", "tries")}. The server checks it as a message before it takes it.`
        ) : (
          <>
            <Lamp state="down" size={10} name="" /> {problem}
          </>
        )}
      </p>
      {isChanged && problem === undefined ? <Diff before={first} after={text} /> : null}
      <ActError error={act.error} />
      <p class="buttons">
        <RoleButton
          role="operator"
          allowed={hasRole("operator")}
          kind="main"
          disabled={!can || act.isPending}
          onClick={() => void send()}
        >
          {act.isPending ? "Retrying" : isChanged ? "Retry this version" : "Retry as it is"} <kbd>Ctrl S</kbd>
        </RoleButton>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
        <span class="ask-note">the first version is kept, with who changed it</span>
      </p>
    </section>
  );
}
