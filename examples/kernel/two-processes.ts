// Two processes: this one asks a listener that lives in the other one. It needs to know the listener's id and nothing else.
// Run it: npx tsx --conditions=source examples/kernel/two-processes.ts

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Dispatcher } from "@switchboard/core";
import { ipcLink } from "@switchboard/links";

const child = fork(fileURLToPath(new URL("two-processes-child.ts", import.meta.url)));
const dispatcher = Dispatcher.default;
await dispatcher.join(ipcLink(child));

const answer = await dispatcher.send({ destinationId: "ponger", content: "ping", responseRequired: true });
console.log(`ping, ${String(answer)}`);

await dispatcher.shutdown();
