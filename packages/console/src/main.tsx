// The page's entry: the real gateway, by the WebSocket of the server's control port (its address is told by the server, see openGateway).

import { start } from "./app.tsx";
import { openGateway } from "./services/open-gateway.ts";

start(openGateway);
