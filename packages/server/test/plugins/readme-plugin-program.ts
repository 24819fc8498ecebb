// Run by readme-plugin.test.ts: a server with the README's plugin, tried and reloaded under load. Prints one line of JSON.

import { openSql } from "@switchboard/storage";
import type { Caller } from "../../src/rpc/service.ts";
import { Datastore } from "../../src/datastore/index.ts";
import { createServer } from "../../src/index.ts";

const [folder = ""] = process.argv.slice(2);
const sql = await openSql({ driver: "sqlite", path: `${folder}/server.db` });
const datastore = await Datastore.open(sql);
const listen = { websocketPort: null, frontendPort: null };
const server = await createServer({ datastore, listen, pluginDirs: [`${folder}/plugins`] });
const { services, events, tasks } = server;

function client(id: string): { caller: Caller; progress: number[] } {
  const principal = { kind: "user", name: "root", roles: new Set(["admin"]) } as const;
  const caller: Caller = {
    id,
    address: "192.0.2.1,1",
    resource: undefined,
    principal,
    sessionId: 1,
    features: new Set(),
    onClose: () => () => undefined,
  };
  const progress: number[] = [];
  const send = ({ text }: { text: string }): boolean => {
    const { args } = JSON.parse(text) as { args: { args: { percentage: number } } };
    progress.push(args.args.percentage);
    return true;
  };
  events.connect(caller, { send, end: () => undefined }).subscribe(["task.progress"]);
  return { caller, progress };
}

const [first, second] = [client("first"), client("second")];
const found = (await services.call("discovery.get_services")) as string[];
const refused = await services
  .call("weather.forecast", [7], { caller: first.caller })
  .catch((error: { errno: number }) => error.errno);
const id = await tasks.submit("weather.measure", [4], { caller: first.caller });
await tasks.wait(id);
const { state, result } = await tasks.status(id);
const heard = await events.testOrWait({ name: "weather.changed", condition: () => false, timeoutMs: 20_000 });
const load = { calls: 0, isOver: false };
const callers = Array.from({ length: 10 }, async () => {
  for (; !load.isOver; load.calls++) {
    const answer = await services.call("weather.forecast", ["Bergen"], { caller: second.caller });
    if (answer !== "Bergen: rain") throw new Error(`got ${String(answer)}`);
    if (load.calls % 100 === 0) await new Promise(setImmediate);
  }
});
for (let round = 0; round < 5; round++) await server.plugins.reload();
load.isOver = true;
await Promise.all(callers);
const plugins = server.plugins.list().map((plugin) => [plugin.name, plugin.state, plugin.error]);
const types = events.types().has("weather.changed");
const progress = [first.progress, second.progress];
console.log(
  JSON.stringify({ found: found.includes("weather"), types, refused, state, result, heard, progress, plugins }),
);
await server.close();
datastore.close();
await sql.close();
