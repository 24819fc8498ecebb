// What was changed in a message before it was retried: who, when, and how it was before.

import type { JSX } from "preact";
import { formatMoment } from "../format.ts";
import { now } from "../services/clock.ts";
import type { ParkedEdit } from "../services/types.ts";
import { useCall } from "../services/use-call.ts";
import { Diff } from "./diff.tsx";
import { prettyBody } from "./parked-body.ts";

/** The changes; nothing where there are none. */
export function ParkedEdits({ messageId }: { readonly messageId: string }): JSX.Element | null {
  const edits = useCall<readonly ParkedEdit[]>("bus.edits", [null, 500]);
  const own = (edits.data ?? []).filter((edit) => edit.message_id === messageId);
  if (own.length === 0) return null;
  return (
    <section class="panel">
      <h3>Changed before it was retried</h3>
      {own.map(({ id, at, by, before, after }) => (
        <div key={id}>
          <p class="quiet-text">
            {formatMoment(at, now.peek())} by {by ?? "nobody who was logged in"}
          </p>
          <Diff before={prettyBody(before.body ?? "not text")} after={prettyBody(after.body)} />
        </div>
      ))}
    </section>
  );
}
