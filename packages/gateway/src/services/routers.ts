// Service `routers`: what a router decides by, where a message would go and why, and what other rules would have done.

import { createUserMessage, isJsonObject, type JsonObject, type UserMessage } from "@switchboard/messaging";
import { ConfigSource } from "@switchboard/messaging/config";
import { type DryRouter, openDryRouter } from "@switchboard/messaging/routers";
import { queryList } from "@switchboard/server/datastore";
import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import type { QueryFilter, QueryParams } from "@switchboard/protocol";
import { unmaskedOptions } from "../config/masking.ts";
import type { Board, WorkerRecord } from "./board.ts";
import { invalid, workerOf } from "./common.ts";
import type { WorkerView } from "./gateway-view.ts";
import { routerSettings, setRulesTask, withSettings } from "./router-settings.ts";
import { nameArgument, queryArguments } from "./schemas.ts";

/** How many of the last messages a preview looks at. */
const previewed = 1_000;
/** Up to so many rules each rule is looked at for whether it can ever match. */
const maxChecked = 2_000;

/** Shows routers. */
export function routersPlugin(board: Board): Plugin {
  return definePlugin({
    name: "routers",
    services: {
      routers: {
        description: "Dispatchers with their routers.",
        methods: {
          query: {
            description: "Lists them, each with the number of its rules.",
            accepts: queryArguments,
            handler: async (filter?: QueryFilter, params?: QueryParams) => {
              const routers = (await board.records()).filter(({ kind }) => kind === "router");
              const rows = await Promise.all(routers.map((row) => withRuleCount(board, row)));
              return queryList(rows, filter ?? [], params ?? {});
            },
          },
          rules: {
            description: "What a router decides by; with a configuration, or `settings`, what it would decide by then.",
            accepts: [nameArgument, { title: "config", type: ["object", "null"], default: null }],
            handler: (name: string, config?: JsonObject | null) => rulesOf(board, name, config ?? undefined),
          },
          explain: {
            description:
              "Where a message from a person would go, and why; with a configuration, or `settings`, where it would go then.",
            accepts: [
              nameArgument,
              { title: "message", type: "object", mandatory: true },
              { title: "config", type: ["object", "null"], default: null },
            ],
            handler: (name: string, message: JsonObject, config?: JsonObject | null) =>
              explain(board, name, { message, config: config ?? undefined }),
          },
          preview: {
            description: "What another configuration, or `settings`, would have done with the last messages.",
            accepts: [nameArgument, { title: "config", type: "object", mandatory: true }],
            handler: (name: string, config: JsonObject) => preview(board, name, config),
          },
        },
      },
    },
    tasks: { "router.set_rules": setRulesTask(board) },
  });
}

/** The configuration that a caller means: a whole one, or only `settings`, the router's own options. */
async function meantConfig(board: Board, worker: WorkerView, given: JsonObject): Promise<JsonObject> {
  const { settings, ...rest } = given;
  if (isJsonObject(settings) && Object.keys(rest).length === 0) return withSettings(board, worker, settings);
  return unmaskedOptions(given, worker.config) as JsonObject;
}

async function opened(board: Board, worker: WorkerView, config: JsonObject = worker.config): Promise<DryRouter> {
  const { classes, clock } = board.view;
  const source = new ConfigSource(config, worker.folder === undefined ? {} : { folder: worker.folder });
  const plan = { className: worker.className, source };
  const router = await openDryRouter(plan, { classes, clock }).catch((error: unknown) => {
    throw invalid(error instanceof Error ? error.message : String(error));
  });
  if (router === undefined) throw invalid(`${worker.name} is not a router that can be asked`);
  return router;
}

async function withRuleCount(board: Board, row: WorkerRecord): Promise<object> {
  return { ...row, rules: await ruleCount(board, workerOf(board.view, row.name)) };
}

async function ruleCount(board: Board, worker: WorkerView): Promise<number | null> {
  try {
    const router = await opened(board, worker);
    await router.close();
    return router.rules?.rules.length ?? null;
  } catch {
    // Its configuration is wrong, which its own state says.
    return null;
  }
}

async function rulesOf(board: Board, name: string, given?: JsonObject): Promise<object> {
  const worker = workerOf(board.view, name);
  const router = await opened(board, worker, given === undefined ? undefined : await meantConfig(board, worker, given));
  await router.close();
  const targets = await connectorsOf(board, worker);
  const { firstMatch, rules } = router.rules ?? { firstMatch: true, rules: [] };
  const seen = new Set<string>();
  const rows = rules.map(({ number, looksAt, value, target }, index) => {
    const [connector = ""] = target.split(" ");
    const key = `${looksAt}\n${value}`;
    const isShadowed = firstMatch && index < maxChecked && seen.has(key);
    seen.add(key);
    const problem = !targets.has(connector)
      ? `there is no connector ${connector}`
      : isShadowed
        ? "never matches: an earlier rule looks for the same"
        : undefined;
    return {
      number,
      looks_at: looksAt,
      value,
      target,
      // Another rule may have had the number until now.
      hits_last_hour: given === undefined ? board.view.observer.ruleHits(name, number) : null,
      problem: problem ?? null,
    };
  });
  const own = await routerSettings(board, worker);
  return {
    kind: routerKind(worker),
    first_match: firstMatch,
    has_rules: router.rules !== undefined,
    rules: rows,
    revision: worker.revision,
    ...own,
  };
}

function routerKind({ className, config }: WorkerView): string {
  return typeof config["router_class"] === "string" ? config["router_class"] : className;
}

async function explain(
  board: Board,
  name: string,
  given: { readonly message: JsonObject; readonly config: JsonObject | undefined },
): Promise<object> {
  const worker = workerOf(board.view, name);
  const message = completed(board, given.message);
  const source = await sourceOf(board, worker, message);
  const config = given.config === undefined ? worker.config : await meantConfig(board, worker, given.config);
  const router = await opened(board, worker, config);
  try {
    const routed = await router.route(message, source);
    const known = await connectorsOf(board, { ...worker, config });
    const targets = routed.targets.filter(({ connector }) => known.has(connector));
    const missing = routed.targets.find(({ connector }) => !known.has(connector))?.connector;
    const problem = missing === undefined ? routed.problem : `there is no connector ${missing}, so it is parked`;
    const why = router.rules?.rules.map((rule) => {
      const mismatch = rule.mismatch(message, source);
      return { number: rule.number, matched: mismatch === undefined, reason: mismatch ?? "it matches" };
    });
    const places = await Promise.all(
      targets.map(async ({ connector, endpoint, rule }) => ({
        connector,
        endpoint,
        application: await readerOf(board, connector),
        rule: rule ?? null,
      })),
    );
    return { targets: places, why: why ?? [], problem: problem ?? null };
  } finally {
    await router.close();
  }
}

/** The message as a caller describes it, with what it leaves out. */
function completed(board: Board, given: JsonObject): UserMessage {
  const base = { to_addr: null, from_addr: null, transport_name: null, transport_type: null, content: null };
  try {
    return createUserMessage({ ...base, ...given }, { clock: board.view.clock, newId: board.view.newId });
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

/** The connector that a message would come by: the one of its channel, else the router's first. */
async function sourceOf(board: Board, worker: WorkerView, { transport_name }: UserMessage): Promise<string> {
  const { towardsPeople } = await board.facts.of(worker);
  return transport_name !== null && towardsPeople.includes(transport_name) ? transport_name : (towardsPeople[0] ?? "");
}

/** The connectors that a router has: whatever it sends elsewhere is parked. */
async function connectorsOf(board: Board, worker: WorkerView): Promise<ReadonlySet<string>> {
  const { towardsPrograms, towardsPeople } = await board.facts.of(worker);
  return new Set([...towardsPrograms, ...towardsPeople]);
}

/** The worker that reads what comes to a connector. */
async function readerOf(board: Board, connector: string): Promise<string | null> {
  const entries = await board.entries();
  return entries.find(({ facts }) => facts.towardsPeople.includes(connector))?.worker.name ?? null;
}

async function preview(board: Board, name: string, given: JsonObject): Promise<object> {
  const worker = workerOf(board.view, name);
  const { towardsPeople } = await board.facts.of(worker);
  const config = await meantConfig(board, worker, given);
  const [before, after] = await Promise.all([opened(board, worker), opened(board, worker, config)]);
  try {
    const conditions = [
      { field: "direction", values: ["inbound"] },
      { field: "channel", values: towardsPeople },
    ] as const;
    const last = (await board.view.store?.read.list({ conditions }, previewed)) ?? [];
    const known = {
      before: await connectorsOf(board, worker),
      after: await connectorsOf(board, { ...worker, config }),
    };
    const moves = new Map<string, string[]>();
    let changed = 0;
    for (const { message } of last) {
      const source = message.transport_name ?? "";
      const was = targetsOf(await before.route(message, source), known.before);
      const becomes = targetsOf(await after.route(message, source), known.after);
      if (was === becomes) continue;
      changed += 1;
      const ids = moves.get(becomes) ?? [];
      ids.push(message.message_id);
      moves.set(becomes, ids);
    }
    const largestFirst = [...moves].toSorted(([, one], [, other]) => other.length - one.length);
    return {
      of: last.length,
      changed,
      moves: largestFirst.map(([to, ids]) => ({ to, count: ids.length, ids: ids.slice(0, 100) })),
      per_minute: board.view.observer.worker(name).in,
    };
  } finally {
    await Promise.all([before.close(), after.close()]);
  }
}

function targetsOf(
  { targets }: { readonly targets: readonly { readonly connector: string }[] },
  known: ReadonlySet<string>,
): string {
  const names = targets
    .map(({ connector }) => (known.has(connector) ? connector : `${connector} (there is none)`))
    .toSorted();
  return names.length === 0 ? "nowhere" : names.join(", ");
}
