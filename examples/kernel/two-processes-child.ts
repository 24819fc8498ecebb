// The other process of two-processes.ts, which starts it. Ends by itself when that one closes the link.

import { BasicMessageListener, Dispatcher } from "@switchboard/core";
import { ipcLink } from "@switchboard/links";

const ponger = new BasicMessageListener("ponger");
ponger.add({ match: { content: "ping" }, callback: () => "pong" });
Dispatcher.default.register(ponger);
await Dispatcher.default.join(ipcLink(process));
