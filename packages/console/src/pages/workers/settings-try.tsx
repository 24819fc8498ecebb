// Tries a configuration before it is saved: what it would listen on and connect to, without starting or saving anything.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { RoleButton } from "../../parts/ask.tsx";
import type { Values } from "../../parts/form-merge.ts";
import { Lamp } from "../../parts/lamp.tsx";
import { ActError } from "../../parts/state.tsx";
import { hasRole } from "../../services/live.ts";
import type { ConfigTrial, LampState } from "../../services/types.ts";
import { call, useAct } from "../../services/use-call.ts";

/** What is tried. */
export interface TrialProps {
  /** Absent for a new one. */
  readonly name?: string | undefined;
  readonly className: string;
  readonly config: Values;
}

/** The button, and what came of it. What was found for other values is not shown. */
export function TryConfig({ name, className, config }: TrialProps): JSX.Element {
  const [found, setFound] = useState<ConfigTrial | undefined>();
  const act = useAct();
  const key = JSON.stringify(config);
  useEffect(() => {
    setFound(undefined);
    act.clear();
  }, [key]);
  const run = (): void =>
    void act.run(async () => {
      const asked = { ...(name === undefined ? {} : { name }), class: className, config };
      setFound(await call<ConfigTrial>("config.try", asked));
    });
  return (
    <section class="panel trial" aria-label="Try before saving">
      <h3>Try before saving</h3>
      <p class="buttons">
        <RoleButton role="operator" allowed={hasRole("operator")} disabled={act.isPending} onClick={run}>
          {act.isPending ? "Trying" : "Try it"}
        </RoleButton>
        <span class="quiet-text">opens what it would listen on and connects, then closes; what runs is left alone</span>
      </p>
      <ActError error={act.error} />
      <ul class="consequences" aria-live="polite">
        {(found?.problems ?? []).map(({ path, message }) => (
          <li key={path}>
            <Lamp state="down" name="wrong" /> <code>{path}</code> {message}
          </li>
        ))}
        {(found?.checks ?? []).map(({ what, target, ok, text, code }) => (
          <li key={`${what} ${target}`}>
            <Lamp state={lampOf(ok)} /> {what === "listen" ? "listens on" : "connects to"} <code>{target}</code>: {text}{" "}
            {code === null || code === undefined ? null : <code>{code}</code>}
          </li>
        ))}
        {found !== undefined && found.problems.length + found.checks.length === 0 ? (
          <li>
            <Lamp state="ok" name="" /> It is valid; there is nothing to connect to.
          </li>
        ) : null}
      </ul>
    </section>
  );
}

function lampOf(ok: boolean | null): LampState {
  if (ok === null) return "unknown";
  return ok ? "ok" : "down";
}
