// Where a given message would go: by hand or a real one, against the rules as they are.

import type { JSX } from "preact";
import { keyHint } from "../../keys.ts";
import { Rules } from "../../parts/rules.tsx";
import { Loaded } from "../../parts/state.tsx";
import { place } from "../../router.ts";
import type { RuleSet, Worker } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";
import { TryMessage, rulesPath, useTries } from "./try-message.tsx";

/** The tab. */
export function ExplainTab({ worker }: { readonly worker: Worker }): JSX.Element {
  const rules = useCall<RuleSet>("routers.rules", [worker.name], ["workers.changed"]);
  const tries = useTries(worker.name);
  const taken = place.value.query.get("message");
  return (
    <section class="panel">
      <TryMessage router={worker.name} tries={tries} />
      <Loaded of={rules} what={`The rules of ${worker.name}`}>
        {(data) => (
          <div class="rules-wrap">
            <Rules
              rules={data.rules}
              isFirstMatch={data.first_match}
              explanation={tries.isTried ? tries.why : undefined}
            />
          </div>
        )}
      </Loaded>
      <p class="buttons">
        <a class={`button ${tries.why?.targets.length === 0 ? "main" : ""}`} href={rulesPath(worker.name)}>
          Change the rules <kbd>{keyHint("edit")}</kbd>
        </a>
        <span class="quiet-text">
          {taken === null ? "A message is" : "The same message is"} tried on them while you do, before they are saved.
        </span>
      </p>
    </section>
  );
}
