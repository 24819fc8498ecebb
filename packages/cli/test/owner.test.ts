import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, it } from "vitest";
import { portOwner } from "../src/owner.ts";

it.runIf(process.platform === "linux")(
  "names the process that listens on a port, and nobody once it has stopped",
  async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect(await portOwner(port)).toEqual({ pid: process.pid, command: "node", folder: process.cwd() });
    server.close();
    await once(server, "close");
    expect(await portOwner(port)).toBeUndefined();
  },
);
