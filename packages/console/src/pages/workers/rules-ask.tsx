// The question before other rules are saved: what they would have done with the last messages, what restarts, what waits meanwhile. In numbers from the
// server.

import type { JSX } from "preact";
import { formatCount, formatRate, plural, shortId } from "../../format.ts";
import { Ask } from "../../parts/ask.tsx";
import type { Values } from "../../parts/form-merge.ts";
import { movedTooFar } from "../../parts/moved.ts";
import { Failed, Loading } from "../../parts/state.tsx";
import { path } from "../../router.ts";
import { frame } from "../../services/live.ts";
import type { ConfigPreview, RulesPreview, Worker } from "../../services/types.ts";
import { type CallError, type CallState, call, submitTask, useCall } from "../../services/use-call.ts";

/** What the question is given. */
export interface RulesAskProps {
  readonly worker: Worker;
  readonly settings: Values;
  /** Only what differs; null: back to the default. */
  readonly change: Values;
  readonly revision: string | undefined;
  readonly onNo: () => void;
  /** Somebody else saved in between. */
  readonly onConflict: () => void;
  readonly onTask: (id: number) => void;
}

/** The question. */
export function RulesAsk(props: RulesAskProps): JSX.Element {
  const { worker, settings, change, revision, onNo, onConflict, onTask } = props;
  const { name } = worker;
  const config = { ...worker.config, ...settings };
  const moved = useCall<RulesPreview>("routers.preview", [name, { settings: change }]);
  const effect = useCall<ConfigPreview>("config.preview", [{ name, class: worker.class, config }]);
  const save = async (): Promise<void> => {
    const asked = { name, settings: change, ...(revision === undefined ? {} : { revision }) };
    try {
      onTask(await submitTask("router.set_rules", asked));
    } catch (error) {
      if ((error as CallError).code !== "ESTALE") throw error;
      onConflict();
    }
  };
  // Nobody answers before the numbers are there.
  if (isOpen(moved) || isOpen(effect)) return <Loading what="what would change" lines={3} />;
  const recheck = async (): Promise<string | undefined> => {
    const again = await call<RulesPreview>("routers.preview", name, { settings: change });
    if (moved.data === undefined || !movedTooFar(moved.data.changed, again.changed)) return undefined;
    moved.again();
    return `Of the last ${formatCount(again.of)} it is ${formatCount(again.changed)} now, not ${formatCount(moved.data.changed)}. Nothing was done; confirm again to go on.`;
  };
  return (
    <Ask
      level={1}
      title={`Save the rules of ${name}?`}
      verb="Save rules"
      doing="Saving"
      note="runs as a task; messages wait meanwhile"
      recheck={recheck}
      onYes={save}
      onNo={onNo}
    >
      {moved.error === undefined ? null : <Failed error={moved.error} what="What would change" again={moved.again} />}
      {moved.data === undefined ? null : <Moves preview={moved.data} />}
      <Restart worker={worker} restarts={effect.data?.restarts} />
    </Ask>
  );
}

function isOpen({ data, error }: CallState<unknown>): boolean {
  return data === undefined && error === undefined;
}

function Restart({
  worker,
  restarts,
}: {
  readonly worker: Worker;
  readonly restarts: readonly string[] | undefined;
}): JSX.Element | null {
  if (restarts === undefined) return null;
  if (restarts.length === 0) return <p>{worker.name} does not run; the rules count from its next start.</p>;
  const measures = frame.value?.workers[worker.name];
  const waiting = measures?.waiting ?? worker.waiting;
  return (
    <p>
      {restarts.join(", ")} {restarts.length === 1 ? "restarts" : "restart"}; nothing else is touched.{" "}
      <b>{formatCount(waiting)}</b> {waiting === 1 ? "waits" : "wait"} in its queues now; they, and what comes
      meanwhile, go on as soon as it runs again. None is lost.
    </p>
  );
}

function Moves({ preview }: { readonly preview: RulesPreview }): JSX.Element {
  const { of, changed, moves, per_minute } = preview;
  const ids = moves.flatMap((move) => move.ids);
  return (
    <>
      <p>
        {formatRate(per_minute)} messages a minute go through here.{" "}
        {of === 0 ? (
          "No message has come through yet to try them on."
        ) : (
          <>
            Of the last {formatCount(of)}, <b>{formatCount(changed)}</b> would have gone elsewhere
            {changed === 0 ? "" : `: ${moves.map(({ to, count }) => `${formatCount(count)} to ${to}`).join(", ")}`}.
          </>
        )}
      </p>
      {ids.length === 0 ? null : (
        <details>
          <summary>
            {ids.length < changed ? `the first ${ids.length} of them` : plural(ids.length, "message")} that would have
            gone elsewhere
          </summary>
          <ul class="related moved">
            {moves.flatMap(({ to, ids: own }) =>
              own.slice(0, 20).map((id) => (
                <li key={id}>
                  <a href={path("messages", id)}>
                    <span class="mono">{shortId(id)}</span> <span class="related-text">to {to}</span>
                  </a>
                </li>
              )),
            )}
          </ul>
        </details>
      )}
    </>
  );
}
