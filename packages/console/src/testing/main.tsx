// The entry of the page on the memory gateway. Query parameters say what it plays: `?twin=empty`, `?nodes=300`, `?rate=170` messages a second, `?as=thandi`.

import { start } from "../app.tsx";
import { openBy } from "../services/open-gateway.ts";
import { MemoryGateway } from "./memory-gateway.ts";

const settings = new URLSearchParams(location.search);
const remembered = sessionStorage.getItem("twin") ?? "";
const play = settings.get("twin") ?? remembered;
const nodes = settings.get("nodes");
const gateway = new MemoryGateway({
  isEmpty: play === "empty",
  messagesPerSecond: Number(settings.get("rate") ?? 2),
  ...(nodes === null ? {} : { nodes: Number(nodes) }),
});
gateway.run();
// Tests cut lines and read calls through it.
Object.assign(globalThis, { twin: gateway });
start((login) => openBy(login, gateway.peer.openSocket));
