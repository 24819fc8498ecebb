// A router's rules in the order in which they are tried, with the one that decides marked. Shown beside a trail; they are changed in the router's own
// table, pages/workers/rules-table.tsx.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { path } from "../router.ts";
import type { Explanation, MessageDetail, Rule, RuleSet } from "../services/types.ts";
import { useCall } from "../services/use-call.ts";
import { Lamp } from "./lamp.tsx";
import { Num } from "./num.tsx";
import { Loaded } from "./state.tsx";

/** What a table of rules is given. */
export interface RulesProps {
  readonly rules: readonly Rule[];
  readonly isFirstMatch: boolean;
  readonly explanation?: Explanation | undefined;
}

/** The table, to be read. */
export function Rules({ rules, isFirstMatch, explanation }: RulesProps): JSX.Element {
  const deciding = new Set(explanation?.targets.map(({ rule }) => rule));
  if (rules.length === 0) return <p class="quiet-text">This router decides by no rules.</p>;
  return (
    <>
      {isFirstMatch ? null : <p class="quiet-text">Every rule that matches fires; each sends its own copy.</p>}
      <table class="rules">
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col">Looks at</th>
            <th scope="col">Value</th>
            {explanation === undefined ? null : <th scope="col">This message</th>}
            <th scope="col">Goes to</th>
            {explanation === undefined ? <th scope="col">Last hour</th> : null}
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => {
            const why = explanation?.why.find(({ number }) => number === rule.number);
            return (
              <tr key={rule.number} class={deciding.has(rule.number) ? "rule-decides" : ""}>
                <td class="num">{rule.number}</td>
                <td>{rule.looks_at}</td>
                <td>
                  <code>{rule.value}</code>
                </td>
                {explanation === undefined ? null : (
                  <td>
                    <Verdict matched={why?.matched === true} reason={why?.reason ?? "not tried"} />
                  </td>
                )}
                <td>
                  <a href={path("applications", rule.target)}>{rule.target}</a>
                  {rule.problem === undefined || rule.problem === null ? null : (
                    <span class="rule-problem">
                      <Lamp state="degraded" size={10} name="problem" /> {rule.problem}
                    </span>
                  )}
                </td>
                {explanation === undefined ? (
                  <td class="num">
                    <Num value={rule.hits_last_hour} />
                  </td>
                ) : null}
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}

/** What a rule says of a message. */
export function Verdict({ matched, reason }: { readonly matched: boolean; readonly reason: string }): JSX.Element {
  return matched ? (
    <span>
      <Lamp state="ok" size={10} name="" /> {reason}
    </span>
  ) : (
    <span class="quiet-text">{reason === "" ? "no" : `no, ${reason}`}</span>
  );
}

/** Why a message went where it went. */
export function WhyRules({
  router,
  message,
}: {
  readonly router: string;
  readonly message: MessageDetail;
}): JSX.Element {
  const rules = useCall<RuleSet>("routers.rules", [router], ["workers.changed"]);
  const why = useCall<Explanation>("routers.explain", [router, message.message]);
  useEffect(() => why.again(), [rules.data]);
  return (
    <section class="why">
      <header class="section-head">
        <h2>Why {why.data?.targets[0]?.application ?? message.application ?? router}</h2>
        <span class="section-acts">
          <a href={`${path("routers", router, "rules")}?message=${message.id}`}>Edit rules</a>
          <a href={`${path("routers", router, "explain")}?message=${message.id}`}>Try another message</a>
        </span>
      </header>
      <Loaded of={rules} what={`The rules of ${router}`}>
        {(data) => <Rules rules={data.rules} isFirstMatch={data.first_match} explanation={why.data} />}
      </Loaded>
    </section>
  );
}
