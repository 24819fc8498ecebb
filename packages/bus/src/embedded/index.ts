// The door to the embedded bus.

export type { EmbeddedBus } from "./embedded-bus.ts";
export { type EmbeddedBusOptions, openEmbeddedBus } from "./open.ts";
