// Real servers: they come up, die, and come back on the same port with the same data.

import { connect } from "node:net";
import { expect, it } from "vitest";
import { type Server, describeWithServer, until } from "../src/index.ts";

describeWithServer("redis", "redis", (server) => {
  it("keeps its port and data over a kill", async () => {
    expect(await redis(server(), "SET name switchboard")).toBe("+OK");
    const firstPid = server().pid;
    await server().kill();
    await expect(redis(server(), "PING")).rejects.toThrow("ECONNREFUSED");
    await server().restart();
    expect(server().pid).not.toBe(firstPid);
    expect(await redis(server(), "GET name")).toContain("switchboard");
  });
});

describeWithServer("postgresql", "postgresql", (server) => {
  it("comes back after a kill and after a stop", async () => {
    await server().restart();
    await server().stop();
    expect(server().pid).toBeUndefined();
    await server().restart();
    expect(server().output()).toContain("ready to accept connections");
  });
});

describeWithServer("rabbitmq", "rabbitmq", (server) => {
  it("keeps what was defined over a kill, and obeys rabbitmqctl", async () => {
    await server().ctl("add_user", "someone", "secret");
    await server().restart();
    const users = await until(() => server().ctl("list_users"));
    expect(users).toContain("someone");
  });
});

function redis(server: Server, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: server.port }, () => socket.write(`${command}\r\n`));
    socket.once("error", reject);
    socket.once("data", (reply) => {
      resolve(reply.toString().trimEnd());
      socket.destroy();
    });
  });
}
