// The channels that need nothing but Node.

export { transportClasses } from "./built-in.ts";
export { type DevNullConfig, DevNullTransport } from "./devnull/index.ts";
export { type HttpApiConfig, HttpApiTransport } from "./http-api/index.ts";
export { type HttpAnswer, type HttpRequest, type HttpRpcConfig, HttpRpcTransport } from "./http-rpc/index.ts";
export { type LoopbackConfig, LoopbackTransport } from "./loopback/index.ts";
export { type OldHttpConfig, OldSimpleHttpTransport, OldTemplateHttpTransport } from "./old-http/index.ts";
export { AddressedTelnetServerTransport, type TelnetConfig, TelnetServerTransport } from "./telnet/index.ts";
