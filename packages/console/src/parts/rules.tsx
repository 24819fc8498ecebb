// A router's rules in the order in which they are tried, with the one that decides marked. Shown beside a trail, and as the editable table of a router.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
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
  readonly targets?: readonly string[];
  /** With it the rules can be edited. */
  readonly onChange?: (rules: readonly Rule[]) => void;
}

/** The table. */
export function Rules({ rules, isFirstMatch, explanation, targets = [], onChange }: RulesProps): JSX.Element {
  const [editing, setEditing] = useState<number | undefined>();
  const deciding = new Set(explanation?.targets.map(({ rule }) => rule));
  const move = (index: number, by: number): void => {
    const next = [...rules];
    const [rule] = next.splice(index, 1);
    if (rule !== undefined && index + by >= 0 && index + by <= next.length) next.splice(index + by, 0, rule);
    else return;
    onChange?.(next.map((each, at) => ({ ...each, number: at + 1 })));
  };
  const change = (index: number, part: Partial<Rule>): void =>
    onChange?.(rules.map((rule, at) => (at === index ? Object.assign({}, rule, part) : rule)));
  return (
    <>
      {isFirstMatch ? null : <p class="quiet-text">Every rule that matches fires; each sends its own copy.</p>}
      <table class="rules">
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col">Looks at</th>
            <th scope="col">Value</th>
            <th scope="col">{explanation === undefined ? "Last hour" : "This message"}</th>
            <th scope="col">Goes to</th>
            {onChange === undefined ? null : <th scope="col">Change</th>}
          </tr>
        </thead>
        <tbody>
          {rules.map((rule, index) => {
            const why = explanation?.why.find(({ number }) => number === rule.number);
            const isEditing = editing === index && onChange !== undefined;
            return (
              <tr
                key={rule.number}
                class={deciding.has(rule.number) ? "rule-decides" : ""}
                onKeyDown={(event) => {
                  if (!event.altKey || onChange === undefined || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
                  event.preventDefault();
                  move(index, event.key === "ArrowUp" ? -1 : 1);
                }}
              >
                <td class="num">{rule.number}</td>
                <td>
                  {isEditing ? (
                    <input
                      aria-label="Looks at"
                      value={rule.looks_at}
                      onInput={(event) => change(index, { looks_at: event.currentTarget.value })}
                    />
                  ) : (
                    rule.looks_at
                  )}
                </td>
                <td>
                  {isEditing ? (
                    <input
                      class="mono"
                      aria-label="Value"
                      value={rule.value}
                      onInput={(event) => change(index, { value: event.currentTarget.value })}
                    />
                  ) : (
                    <code>{rule.value}</code>
                  )}
                </td>
                <td>
                  {explanation === undefined ? (
                    <Num value={rule.hits_last_hour} />
                  ) : (
                    <Verdict matched={why?.matched === true} reason={why?.reason ?? "not tried"} />
                  )}
                  {rule.problem === undefined || rule.problem === null ? null : (
                    <span class="rule-problem">
                      <Lamp state="degraded" size={10} name="problem" /> {rule.problem}
                    </span>
                  )}
                </td>
                <td>
                  {isEditing ? (
                    <select
                      aria-label="Goes to"
                      value={rule.target}
                      onChange={(event) => change(index, { target: event.currentTarget.value })}
                    >
                      {[...new Set([rule.target, ...targets])].map((target) => (
                        <option key={target}>{target}</option>
                      ))}
                    </select>
                  ) : (
                    <a href={path("applications", rule.target)}>{rule.target}</a>
                  )}
                </td>
                {onChange === undefined ? null : (
                  <td class="rule-acts">
                    <button
                      type="button"
                      class="link"
                      onClick={() => setEditing(isEditing ? undefined : index)}
                      aria-label={isEditing ? `Rule ${rule.number} is done` : `Edit rule ${rule.number}`}
                    >
                      {isEditing ? "done" : "edit"}
                    </button>
                    <button
                      type="button"
                      class="link"
                      disabled={index === 0}
                      onClick={() => move(index, -1)}
                      aria-label={`Rule ${rule.number} earlier`}
                    >
                      ↑
                    </button>
                    <button
                      type="button"
                      class="link"
                      onClick={() =>
                        onChange(
                          rules
                            .filter((each) => each !== rule)
                            .map((each, at) => Object.assign({}, each, { number: at + 1 })),
                        )
                      }
                      aria-label={`Remove rule ${rule.number}`}
                    >
                      remove
                    </button>
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}

function Verdict({ matched, reason }: { readonly matched: boolean; readonly reason: string }): JSX.Element {
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
          <a href={path("routers", router, "rules")}>Edit rules</a>
          <a href={`${path("routers", router, "explain")}?message=${message.id}`}>Try another message</a>
        </span>
      </header>
      <Loaded of={rules} what={`The rules of ${router}`}>
        {(data) => <Rules rules={data.rules} isFirstMatch={data.first_match} explanation={why.data} />}
      </Loaded>
    </section>
  );
}
