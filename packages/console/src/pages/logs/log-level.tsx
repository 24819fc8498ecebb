// How much one worker logs: changed here it goes back by itself after an hour, so that nobody forgets it.

import type { JSX } from "preact";
import { formatMoment } from "../../format.ts";
import { RoleButton } from "../../parts/ask.tsx";
import { ActError } from "../../parts/state.tsx";
import { now } from "../../services/clock.ts";
import { hasRole } from "../../services/live.ts";
import { call, useAct, useCall } from "../../services/use-call.ts";

interface Level {
  readonly worker: string;
  readonly level: string;
  readonly until: Date | null;
}

const hourMs = 3_600_000;
const levels = ["debug", "info", "warn", "error"] as const;

/** The control. */
export function LogLevel({ worker }: { readonly worker: string }): JSX.Element {
  const all = useCall<readonly Level[]>("logs.get_levels", [], ["logs.changed"]);
  const act = useAct();
  const own = all.data?.find((each) => each.worker === worker);
  const set = (level: string | null): void =>
    void act
      .run(() => call("logs.set_level", worker, level, level === null ? null : hourMs))
      .then((isDone) => (isDone ? all.again() : undefined));
  return (
    <div class="log-level">
      <span>
        {own === undefined ? (
          "Its log level is as configured."
        ) : (
          <>
            Logs from <b>{own.level}</b> on
            {own.until === null ? ", for good." : `, until ${formatMoment(own.until, now.value, "min")}.`}
          </>
        )}{" "}
        For an hour, log from
      </span>
      <span class="buttons">
        {levels.map((level) => (
          <RoleButton
            key={level}
            role="operator"
            allowed={hasRole("operator")}
            kind="small"
            disabled={act.isPending || own?.level === level}
            onClick={() => set(level)}
          >
            {level}
          </RoleButton>
        ))}
        {own === undefined ? null : (
          <button type="button" class="link" disabled={act.isPending} onClick={() => set(null)}>
            as configured
          </button>
        )}
      </span>
      <ActError error={act.error} />
    </div>
  );
}
