// `@switchboard/server/config`: the configuration file's section `dispatcher`, for programs that have it in a file of their own.

export { readDispatcherSection } from "./read-config.ts";
export { type DispatcherSection, serverOptionsOf, shutdownTimeoutMs } from "./server-options.ts";
