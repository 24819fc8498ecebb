// Where the parts become a running platform.

export { builtInClasses } from "./classes.ts";
export { checkGatewayFile, type FileCheck, type FileProblem } from "./config/check-file.ts";
export {
  type GatewayConfig,
  type GatewayFile,
  gatewayFields,
  loadGatewayFile,
  parseGatewayFile,
  tryOutFile,
  usualFile,
} from "./config/gateway-file.ts";
export { type StartingChoices, startingFile } from "./config/starting-file.ts";
export { prepareDataFolder } from "./data-folder.ts";
export { GatewayError, type GatewayErrorCode, gatewayErrors } from "./errors.ts";
export { type Gateway, startGateway } from "./gateway.ts";
export type { GatewayOptions } from "./gateway-options.ts";
export { logStrayRejections } from "./observe/stray-rejections.ts";
export { type BusChoice, openBus, type RunningWorker, runWorker, type RunWorkerOptions } from "./run-worker.ts";
