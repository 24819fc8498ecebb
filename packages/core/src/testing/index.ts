// What tests of kernel-based code need: a clock that stands still and ids that can be predicted.

export { TestClock } from "./test-clock.ts";
export { sequentialIds } from "./sequential-ids.ts";
