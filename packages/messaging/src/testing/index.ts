// What tests of applications and transports need.

export { runApplication, type RunApplicationOptions, type RunningApplication } from "./run-application.ts";
export { runTransport, type RunningTransport, type RunTransportOptions } from "./run-transport.ts";
