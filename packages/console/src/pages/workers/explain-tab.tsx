// Where a given message would go: by hand or a real one, against the rules as they are.

import type { JSX } from "preact";
import { Rules } from "../../parts/rules.tsx";
import { Loaded } from "../../parts/state.tsx";
import { path } from "../../router.ts";
import type { RuleSet, Worker } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";
import { TryMessage, useTries } from "./try-message.tsx";

/** The tab. */
export function ExplainTab({ worker }: { readonly worker: Worker }): JSX.Element {
  const rules = useCall<RuleSet>("routers.rules", [worker.name], ["workers.changed"]);
  const tries = useTries(worker.name);
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
      <p>
        <a href={path("routers", worker.name, "rules")}>Change the rules</a>; there the same message is tried on them
        before they are saved.
      </p>
    </section>
  );
}
