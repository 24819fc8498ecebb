// Under which dotted names configuration files of Vumi know our classes. Data only; the registry joins it with what is installed.
// Names of transports come with the transports.

function under(prefix: string, classes: Readonly<Record<string, readonly string[]>>): [string, readonly string[]][] {
  return Object.entries(classes).map(([name, modules]) => [
    name,
    modules.map((module) => [prefix, module, name].filter((part) => part !== "").join(".")),
  ]);
}

/** By our name of a class, Vumi's names of it. */
export const vumiNames: ReadonlyMap<string, readonly string[]> = new Map([
  ...under("vumi.dispatchers", {
    BaseDispatchWorker: ["", "base"],
    SimpleDispatchRouter: ["", "base"],
    TransportToTransportRouter: ["", "base"],
    ToAddrRouter: ["", "base"],
    FromAddrMultiplexRouter: ["", "base"],
    UserGroupingRouter: ["", "base"],
    ContentKeywordRouter: ["", "base"],
    RedirectRouter: ["base"],
    RedirectOutboundRouter: ["base"],
    LoadBalancingRouter: ["load_balancer"],
    Dispatcher: ["endpoint_dispatchers"],
    RoutingTableDispatcher: ["endpoint_dispatchers"],
  }),
  // The manual writes `vumi.middleware.LoggingMiddleware`, which Vumi itself does not know.
  ...under("vumi.middleware", {
    LoggingMiddleware: ["logging", ""],
    TaggingMiddleware: ["tagger"],
    StoringMiddleware: ["message_storing"],
    AddressTranslationMiddleware: ["address_translator"],
    StaticProviderSettingMiddleware: ["provider_setter"],
    AddressPrefixProviderSettingMiddleware: ["provider_setter"],
    SessionLengthMiddleware: ["session_length"],
  }),
  ...under("vumi.application", {
    ApplicationWorker: ["base"],
    HTTPRelayApplication: ["http_relay"],
    RapidSMSRelay: ["rapidsms_relay"],
    Sandbox: ["sandbox"],
    JsSandbox: ["sandbox"],
    JsFileSandbox: ["sandbox"],
    RedisResource: ["sandbox"],
    OutboundResource: ["sandbox"],
    LoggingResource: ["sandbox"],
    HttpClientResource: ["sandbox"],
    JsSandboxResource: ["sandbox"],
  }),
  ...under("vumi.demos", {
    EchoWorker: ["words"],
    ReverseWorker: ["words"],
    WordCountWorker: ["words"],
    StaticReplyApplication: ["static_reply"],
    CalculatorApp: ["calculator"],
    HangmanWorker: ["hangman"],
    TicTacToeWorker: ["tictactoe"],
    RockPaperScissorsWorker: ["rps"],
    MemoWorker: ["ircbot"],
  }),
  ...under("vumi.transports", { FailureWorker: ["", "failures"] }),
  ...under("vumi.blinkenlights", {
    MetricTimeBucket: [""],
    MetricAggregator: [""],
    GraphiteMetricsCollector: [""],
    HeartBeatMonitor: ["heartbeat.monitor"],
  }),
  ...under("vumi", { MultiWorker: ["multiworker"] }),
  ...under("vumi.components", {
    TagpoolApiWorker: ["tagpool_api"],
    MessageStoreResourceWorker: ["message_store_resource"],
    MessageStoreAPIWorker: ["message_store_api"],
  }),
]);
