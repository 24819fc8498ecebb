// Encrypted connections to a server whose certificate it has signed itself.

import { join } from "node:path";
import { selfSigned, tempFolder } from "@switchboard/testkit";
import { createServer, type DispatcherServer } from "@switchboard/server";
import { Datastore } from "@switchboard/server/datastore";
import { openSql, type Sql } from "@switchboard/storage";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect, type TlsOptions } from "../src/node/index.ts";

let sql: Sql;
let datastore: Datastore;
let server: DispatcherServer;
let ca: Buffer;

beforeAll(async () => {
  const folder = tempFolder();
  const tls = selfSigned(folder, "IP:127.0.0.1");
  ca = tls.cert;
  sql = await openSql({ driver: "sqlite", path: join(folder, "server.db") });
  datastore = await Datastore.open(sql);
  server = await createServer({
    datastore,
    listen: { websocketPort: 0, frontendPort: null, hosts: ["127.0.0.1"], tls },
  });
});

afterAll(async () => {
  await server.close();
  datastore.close();
  await sql.close();
});

async function greet(tls: TlsOptions | undefined, url = `wss://127.0.0.1:${server.ports.websocket}`): Promise<unknown> {
  const login = server.firstAdministrator ?? { username: "", password: "" };
  const client = await connect({ url, login, reconnect: false, ...(tls && { tls }) });
  try {
    return await client.call("session.whoami");
  } finally {
    await client.close();
  }
}

it("is trusted when its certificate is given, or when nothing is checked", async () => {
  expect(await greet({ ca })).toBe("root");
  expect(await greet({ ca: [ca.toString("utf8")] })).toBe("root");
  expect(await greet({ rejectUnauthorized: false })).toBe("root");
});

it("is refused by default, with another authority, and under another name, before anything secret is said", async () => {
  const other = selfSigned(tempFolder(), "IP:127.0.0.1").cert;
  const refused = { code: "CLIENT_CONNECT_FAILED" };
  await expect(greet(undefined)).rejects.toMatchObject(refused);
  await expect(greet({ ca: other })).rejects.toMatchObject(refused);
  await expect(greet({ ca, servername: "elsewhere.example" })).rejects.toMatchObject(refused);
  await expect(greet({ ca })).resolves.toBe("root");
});

it("does not answer those who do not encrypt", async () => {
  await expect(greet(undefined, `ws://127.0.0.1:${server.ports.websocket}`)).rejects.toMatchObject({
    code: "CLIENT_CONNECT_FAILED",
  });
});
