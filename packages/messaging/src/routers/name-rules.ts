// Tables that go by the name of a transport, as the rules that people see.

import type { UserMessage } from "../message/user-message.ts";
import type { RoutingRules } from "../worker/router.ts";

/** One rule per transport of a table and target of it, in the table's order. */
export function transportRules(table: Readonly<Record<string, string | readonly string[]>>): RoutingRules {
  const rows = Object.entries(table).flatMap(([transport, targets]) =>
    [targets].flat().map((target) => ({ transport, target })),
  );
  const rules = rows.map(({ transport, target }, index) => ({
    number: index + 1,
    looksAt: "transport_name",
    value: transport,
    target,
    mismatch: ({ transport_name }: UserMessage): string | undefined =>
      transport_name === transport ? undefined : `transport_name is ${JSON.stringify(transport_name)}`,
  }));
  return { firstMatch: false, rules };
}

/** The number of the rule that sends what came from a transport to a target. */
export function transportRuleNumbers({
  rules,
}: RoutingRules): (transport: string | null, target: string) => number | undefined {
  const numbers = new Map(rules.map(({ value, target, number }) => [`${value}\n${target}`, number]));
  return (transport, target) => numbers.get(`${transport}\n${target}`);
}

/** The one rule of a router that sends everything to one place. */
export function onlyRule(target: string): RoutingRules {
  const rule = { number: 1, looksAt: "anything", value: "", target, mismatch: (): undefined => undefined };
  return { firstMatch: true, rules: [rule] };
}
