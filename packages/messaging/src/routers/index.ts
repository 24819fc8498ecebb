// The routers that come with Switchboard.

export { ContentKeywordRouter } from "./content-keyword-router.ts";
export { type DryRoute, type DryRouter, type DryTarget, openDryRouter } from "./dry-run.ts";
export { FromAddrMultiplexRouter } from "./from-addr-multiplex-router.ts";
export { LoadBalancingRouter } from "./load-balancing-router.ts";
export { RedirectOutboundRouter, RedirectRouter } from "./redirect-router.ts";
export { RoutingTableDispatcher } from "./routing-table-dispatcher.ts";
export { SimpleDispatchRouter } from "./simple-dispatch-router.ts";
export { ToAddrRouter } from "./to-addr-router.ts";
export { ToAddressRouter } from "./to-address-router.ts";
export { TransportToTransportRouter } from "./transport-to-transport-router.ts";
export { UserGroupingRouter } from "./user-grouping-router.ts";
