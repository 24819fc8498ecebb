// The channels of this package by the names that configurations use: ours, and the dotted paths that Vumi's files have.

import type { ClassEntry } from "@switchboard/messaging";

function transport(
  name: string,
  aliases: readonly string[],
  module: () => Promise<Readonly<Record<string, unknown>>>,
): ClassEntry {
  return {
    name,
    kind: "transport",
    aliases: aliases.map((path) => `vumi.transports.${path}.${name}`),
    load: async () => (await module())[name],
  };
}

/** Every transport of this package. */
export const transportClasses: readonly ClassEntry[] = [
  transport("TelnetServerTransport", ["telnet", "telnet.telnet"], () => import("./telnet/index.ts")),
  transport("AddressedTelnetServerTransport", ["telnet", "telnet.telnet"], () => import("./telnet/index.ts")),
  transport("HttpApiTransport", ["api", "api.api"], () => import("./http-api/index.ts")),
  transport("OldSimpleHttpTransport", ["api", "api.oldapi"], () => import("./old-http/index.ts")),
  transport("OldTemplateHttpTransport", ["api", "api.oldapi"], () => import("./old-http/index.ts")),
  transport("LoopbackTransport", [], () => import("./loopback/index.ts")),
  transport("DevNullTransport", ["devnull", "devnull.devnull"], () => import("./devnull/index.ts")),
];
