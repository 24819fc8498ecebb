// Where the parts become a running platform.

export { builtInClasses } from "./classes.ts";
export { GatewayError, type GatewayErrorCode, gatewayErrors } from "./errors.ts";
export { type BusChoice, openBus, type RunningWorker, runWorker, type RunWorkerOptions } from "./run-worker.ts";
