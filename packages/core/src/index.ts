// The kernel's only door.

export { type Clock, type Timer, systemClock } from "./clock.ts";
export {
  type ErrorCatalogue,
  type ErrorContext,
  type ErrorEntry,
  type KernelErrorCode,
  kernelErrors,
  LinkError,
  type LinkErrorCode,
  SwitchboardError,
} from "./errors.ts";
export { type Link, type LinkFrame, type LinkPeer } from "./link.ts";
export { type Logger, silentLogger } from "./logger.ts";
