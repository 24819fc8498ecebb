// Rules that are edited and not saved: what of them differs, and what the router would make of them.

import { useEffect, useState } from "preact/hooks";
import type { Values } from "../../parts/form-merge.ts";
import { problemsByPath } from "../../parts/form-model.ts";
import type { Problem, RuleSet, Worker } from "../../services/types.ts";
import { type CallError, call } from "../../services/use-call.ts";

/** Options that differ from what is saved; null: back to the default. */
export function changedOptions(before: Values, now: Values): Values {
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  const different = [...keys].filter((key) => JSON.stringify(before[key] ?? null) !== JSON.stringify(now[key] ?? null));
  return Object.fromEntries(different.map((key) => [key, now[key] ?? null]));
}

/** What the server says of edited rules. */
export interface DraftRules {
  /** The rules that they would be; undefined until known. */
  readonly rules: RuleSet | undefined;
  readonly problems: ReadonlyMap<string, string>;
}

const nothing: DraftRules = { rules: undefined, problems: new Map() };

/** Asks the server 300 ms after the last change, without blocking: what is wrong, and which rules these would be. */
export function useDraftRules(worker: Worker, settings: Values | undefined): DraftRules {
  const [known, setKnown] = useState<DraftRules>(nothing);
  const key = JSON.stringify(settings ?? null);
  useEffect(() => {
    if (settings === undefined) {
      setKnown(nothing);
      return;
    }
    let isOver = false;
    const timer = setTimeout(() => {
      const config = { ...worker.config, ...settings };
      call<{ readonly problems: readonly Problem[] }>("config.validate", {
        name: worker.name,
        class: worker.class,
        config,
      }).then(
        ({ problems }) =>
          isOver ? undefined : setKnown((before) => ({ ...before, problems: problemsByPath(problems) })),
        () => undefined,
      );
      call<RuleSet>("routers.rules", worker.name, { settings }).then(
        (rules) => (isOver ? undefined : setKnown((before) => ({ ...before, rules }))),
        // What is wrong with them is said by the other call.
        (_error: CallError) => undefined,
      );
    }, 300);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [key, worker.name]);
  return known;
}
