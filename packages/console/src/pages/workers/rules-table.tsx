// The rules of a router as it declares them: its own options, each that is a list or pairs as a table, numbered as the router numbers its rules.

import type { JSX } from "preact";
import { errorsUnder } from "../../parts/field.tsx";
import { type RowNote, TableField } from "../../parts/field-table.tsx";
import { Form } from "../../parts/form.tsx";
import type { Values } from "../../parts/form-merge.ts";
import { labelOf } from "../../parts/form-model.ts";
import { Lamp } from "../../parts/lamp.tsx";
import { Num } from "../../parts/num.tsx";
import { Verdict } from "../../parts/rules.tsx";
import { routerOptions, rulesOfRows } from "../../parts/rule-tables.ts";
import type { Explanation, RuleSet, Schema } from "../../services/types.ts";

/** What the tables are given. */
export interface RouterTablesProps {
  readonly rules: RuleSet;
  readonly schema: Schema;
  readonly settings: Values;
  /** Of the message that is tried. */
  readonly why: Explanation | undefined;
  readonly errors: ReadonlyMap<string, string>;
  readonly isSubmitted: boolean;
  readonly onChange?: ((settings: Values) => void) | undefined;
}

/** The tables, and a form of what else the router has. */
export function RouterTables(props: RouterTablesProps): JSX.Element {
  const { rules, schema, settings, why, errors, isSubmitted, onChange } = props;
  const { tables, rest } = routerOptions(schema);
  const known = rulesOfRows(schema, settings, rules.rules);
  const deciding = new Set(why?.targets.map(({ rule }) => rule));
  const noteOf = (key: string, index: number): RowNote | undefined => {
    const rule = known.get(`${key}.${index}`);
    if (rule === undefined) return undefined;
    const verdict = why?.why.find(({ number }) => number === rule.number);
    return {
      number: rule.number,
      isMarked: deciding.has(rule.number),
      shown: (
        <>
          {why === undefined ? (
            <Num value={rule.hits_last_hour} />
          ) : (
            <Verdict matched={verdict?.matched === true} reason={verdict?.reason ?? "not tried"} />
          )}
          {rule.problem === undefined || rule.problem === null ? null : (
            <span class="rule-problem">
              <Lamp state="degraded" size={10} name="problem" /> {rule.problem}
            </span>
          )}
        </>
      ),
    };
  };
  const firstTable = tables[0];
  return (
    <>
      {tables.map((key) => {
        const option = schema.properties?.[key] ?? {};
        const isRules = [...known.keys()].some((path) => path.startsWith(`${key}.`)) || key === firstTable;
        const inside = errorsUnder(errors, key);
        const error = errors.get(key);
        return (
          <section key={key} class="rule-option" aria-label={labelOf(key, option)}>
            <header class="section-head">
              <h2>
                {labelOf(key, option)} <code class="field-key">{key}</code>
              </h2>
            </header>
            <p class="quiet-text">
              {option.description}
              {key === firstTable && !rules.first_match && !/fire/.test(option.description ?? "")
                ? " Every rule that matches fires; each sends its own copy."
                : ""}
            </p>
            <TableField
              id={`rules-${key}`}
              label={labelOf(key, option)}
              noun={isRules ? "rule" : "pair"}
              schema={option}
              value={settings[key]}
              hasKey={key === firstTable}
              {...(inside === undefined ? {} : { errors: inside })}
              note={
                isRules
                  ? { title: why === undefined ? "Last hour" : "This message", of: (_, index) => noteOf(key, index) }
                  : undefined
              }
              onChange={onChange === undefined ? undefined : (value) => onChange({ ...settings, [key]: value })}
            />
            {error === undefined ? null : (
              <p class="field-error">
                <Lamp state="down" size={10} name="" /> {error}
              </p>
            )}
          </section>
        );
      })}
      {Object.keys(rest.properties ?? {}).length === 0 ? null : (
        <fieldset class="rule-rest" disabled={onChange === undefined}>
          <legend>Besides</legend>
          <Form
            id="router"
            schema={rest}
            value={settings}
            serverErrors={
              new Map([...errors].filter(([path]) => (path.split(".")[0] ?? "") in (rest.properties ?? {})))
            }
            isSubmitted={isSubmitted}
            onChange={(next) => onChange?.(next)}
          />
        </fieldset>
      )}
    </>
  );
}
