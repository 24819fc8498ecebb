// The memory gateway's routers: their rules as options that can be changed, what edited ones would be and do.

import type { PeerServices } from "@switchboard/client/testing";
import { textOf } from "../../format.ts";
import type { Rule, Schema } from "../../services/types.ts";
import { ruleSeeds } from "../data/rules.ts";
import { explainRules } from "../trails.ts";
import type { World } from "../world.ts";

type Values = Readonly<Record<string, unknown>>;
type Given = { readonly settings?: Values } | undefined;

const schema: Schema = {
  type: "object",
  properties: {
    rules: {
      type: "array",
      title: "Rules",
      description: "Tried in this order.",
      items: {
        type: "object",
        properties: {
          looks_at: { type: "string", title: "Looks at", enum: ["keyword", "from_addr", "to_addr", "channel"] },
          value: { type: "string", title: "Value" },
          target: { type: "string", title: "Goes to", description: "Application that the message goes to." },
        },
        required: ["looks_at", "value", "target"],
      },
      default: [],
    },
    fallback_application: {
      type: ["string", "null"],
      title: "Fallback application",
      description: "Application for messages that no rule matches.",
      "x-basic": true,
    },
  },
};

/** `routers`. */
export function routerServices(world: World): PeerServices {
  const settingsOf = (name: string): Values => world.configOf(name);
  const meant = (name: string, given: Given): Values => ({ ...settingsOf(name), ...given?.settings });
  return {
    routers: {
      query: () => world.workers.filter(({ kind }) => kind === "router"),
      rules: (name: string, given?: Given) => ({
        kind: world.worker(name).class,
        first_match: name !== "keywords",
        rules: rulesFrom(world, name, meant(name, given)),
        revision: world.revisionOf(name),
        settings: settingsOf(name),
        schema,
      }),
      explain: (name: string, message: Record<string, unknown>, given?: Given) =>
        explainRules(rulesFrom(world, name, meant(name, given)), message),
      preview: (name: string, given?: Given) => {
        const [before, after] = [meant(name, undefined), meant(name, given)];
        const isSame = JSON.stringify(before["rules"]) === JSON.stringify(after["rules"]);
        const moves = [
          { to: "clinic-finder", count: 12, ids: world.messages.slice(0, 3).map(({ id }) => id) },
          { to: "help-desk", count: 2, ids: [] },
        ];
        return { of: 1000, changed: isSame ? 0 : 14, moves: isSame ? [] : moves, per_minute: 298 };
      },
    },
  };
}

/** The rules that a router's options mean. */
function rulesFrom(world: World, name: string, settings: Values): readonly Rule[] {
  const rows = (settings["rules"] ?? []) as readonly Values[];
  const names = new Set(world.workers.map((worker) => worker.name));
  return rows.map((row, index) => {
    const [looks_at, value, target] = ["looks_at", "value", "target"].map((key) => textOf(row[key] ?? ""));
    const seed = ruleSeeds[name]?.find((each) => each.value === value && each.target === target);
    return {
      number: index + 1,
      looks_at: looks_at ?? "",
      value: value ?? "",
      target: target ?? "",
      hits_last_hour: seed?.hits_last_hour ?? 0,
      problem: names.has(target ?? "") ? null : `there is no connector ${target}`,
    };
  });
}

/** Changes a router's options, unless somebody else did so since `revision`. */
export function setRules(
  world: World,
  { name, settings, revision }: { readonly name: string; readonly settings: Values; readonly revision?: string },
): void {
  const config = Object.fromEntries(
    Object.entries({ ...world.configOf(name), ...settings }).filter(([, value]) => value !== null),
  );
  world.configure(name, config, revision);
}
