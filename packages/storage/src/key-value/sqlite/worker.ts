// The module that the SQLite engine's thread is started with.

import { serve } from "../../thread/serve.ts";
import { KeyValueServer } from "./key-value-server.ts";
import type { Request, WorkerData } from "./protocol.ts";

serve<Request>((data) => new KeyValueServer(data as WorkerData));
