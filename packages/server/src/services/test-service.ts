// The service `test`: methods by which clients try themselves out. Offered when the configuration asks for it.

import { setTimeout as sleep } from "node:timers/promises";
import { errno, RpcError } from "@switchboard/protocol";
import type { ServiceDefinition } from "../rpc/service.ts";

const count = { title: "count", type: "integer", minimum: 0, maximum: 1_000_000 } as const;

/** The definition of the service. */
export function testService(): ServiceDefinition {
  return {
    description: "Methods to try clients with",
    methods: {
      stream: { description: "Streams objects", accepts: [count], generator: true, handler: stream },
      wrapped_stream: {
        description: "Streams the objects of test.stream, passed on",
        accepts: [count],
        generator: true,
        handler: async function* (items?: number) {
          yield* stream(items);
        },
      },
      sleep: {
        description: "Returns after so many seconds",
        accepts: [{ title: "seconds", type: "number", minimum: 0, maximum: 3_600, mandatory: true }],
        handler: async (seconds: number) => {
          await sleep(seconds * 1000);
          return null;
        },
      },
      rpcerror: {
        description: "Fails with EINVAL and something in extra",
        handler: () => {
          throw new RpcError(errno.EINVAL, "Testing if parameters are passed", { extra: "This is a custom extra" });
        },
      },
      echo: {
        description: "Returns its argument",
        accepts: [{ title: "value" }],
        handler: (value?: unknown) => value ?? null,
      },
    },
  };
}

function* stream(items = 10): Generator<{ id: number; value: string }> {
  for (let id = 1; id <= items; id++) yield { id, value: `item ${id}` };
}
