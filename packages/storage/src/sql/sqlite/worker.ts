// The module that a thread of the SQLite driver is started with.

import { serve } from "../../thread/serve.ts";
import type { Request, WorkerData } from "./protocol.ts";
import { SqlServer } from "./sql-server.ts";

serve<Request>((data) => new SqlServer(data as WorkerData));
