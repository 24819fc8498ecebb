// The classes of this package by the names that configurations use, and what a class of each kind must be. Each is loaded from
// its own file when it is first asked for, since some bring libraries along that take megabytes.

import type { LoadedClass } from "./config/index.ts";
import type { ClassEntry, KindCheck } from "./registry.ts";
import { Worker } from "./worker/worker.ts";

/** Everything in this package that a configuration can name. */
export const messagingClasses: readonly ClassEntry[] = [
  {
    name: "BaseDispatchWorker",
    kind: "dispatcher",
    load: async () => (await import("./worker/dispatch-worker.ts")).DispatchWorker,
  },
  ...entries("dispatcher", ["RoutingTableDispatcher"], () => import("./routers/index.ts")),
  ...entries(
    "router",
    [
      "SimpleDispatchRouter",
      "TransportToTransportRouter",
      "ToAddrRouter",
      "FromAddrMultiplexRouter",
      "UserGroupingRouter",
      "ContentKeywordRouter",
      "LoadBalancingRouter",
      "RedirectRouter",
      "RedirectOutboundRouter",
      "ToAddressRouter",
    ],
    () => import("./routers/index.ts"),
  ),
  ...entries("middleware", ["AddressTranslationMiddleware"], () => import("./middleware/address-translation.ts")),
  ...entries("middleware", ["LoggingMiddleware"], () => import("./middleware/logging.ts")),
  ...entries("middleware", ["TaggingMiddleware"], () => import("./middleware/tagging.ts")),
  ...entries(
    "middleware",
    ["StaticProviderSettingMiddleware", "AddressPrefixProviderSettingMiddleware"],
    () => import("./middleware/provider-setting.ts"),
  ),
  ...entries("middleware", ["SessionLengthMiddleware"], () => import("./middleware/session-length.ts")),
  ...entries("middleware", ["StoringMiddleware"], () => import("./middleware/storing.ts")),
  // Brings half a megabyte of letters along.
  ...entries("middleware", ["UnidecoderMiddleware"], () => import("./middleware/unidecoder.ts")),
  ...entries("worker", ["MultiWorker"], () => import("./worker/multi-worker.ts")),
  ...entries("worker", ["HeartBeatMonitor"], () => import("./heartbeats/heart-beat-monitor.ts")),
  ...entries("worker", ["FailureWorker"], () => import("./failures/failure-worker.ts")),
  ...entries("worker", ["MessageStoreResourceWorker"], () => import("./store-http/message-store-resource-worker.ts")),
  ...entries("worker", ["MessageStoreAPIWorker"], () => import("./store-http/message-store-api-worker.ts")),
  ...entries(
    "application",
    ["EchoWorker", "ReverseWorker", "WordCountWorker"],
    () => import("./applications/words.ts"),
  ),
  ...entries("application", ["StaticReplyApplication"], () => import("./applications/static-reply.ts")),
  // These two, and hangman, bring an HTTP client along.
  ...entries("application", ["HTTPRelayApplication"], () => import("./applications/http-relay.ts")),
  ...entries("application", ["RapidSMSRelay"], () => import("./applications/rapidsms-relay.ts")),
  ...entries("application", ["CalculatorApp"], () => import("./applications/calculator.ts")),
  ...entries("application", ["HangmanWorker"], () => import("./applications/hangman.ts")),
  ...entries("application", ["TicTacToeWorker"], () => import("./applications/tic-tac-toe.ts")),
  ...entries("application", ["RockPaperScissorsWorker"], () => import("./applications/rock-paper-scissors.ts")),
  ...entries("application", ["MemoWorker"], () => import("./applications/memo.ts")),
  ...entries("application", ["DecisionTreeWorker"], () => import("./applications/decision-tree.ts")),
];

/** What a class must be to be used as a worker, a router or a middleware. */
export const classKinds: Readonly<Record<"worker" | "router" | "middleware", KindCheck>> = {
  worker: (candidate) => (candidate.prototype instanceof Worker ? undefined : "it does not extend Worker"),
  router: (candidate) => lacksMethod(candidate, ["dispatchInbound", "dispatchEvent", "dispatchOutbound"]) ?? undefined,
  middleware: (candidate) => {
    if (candidate.prototype instanceof Worker) return "it is a worker";
    return Object.getOwnPropertyNames(candidate.prototype).some((name) =>
      /inbound|outbound|event|failure|status/i.test(name),
    )
      ? undefined
      : "it handles no kind of message: it has no method such as inbound or publishEvent";
  },
};

/** Entries of one kind whose classes are exports of one module, under the same names. */
function entries(
  kind: string,
  names: readonly string[],
  module: () => Promise<Readonly<Record<string, unknown>>>,
): ClassEntry[] {
  return names.map((name) => ({ name, kind, load: async () => (await module())[name] }));
}

function lacksMethod({ prototype }: LoadedClass, names: readonly string[]): string | undefined {
  const missing = names.find((name) => typeof (prototype as Record<string, unknown>)[name] !== "function");
  return missing === undefined ? undefined : `it has no ${missing}`;
}
