// What wins over what when a worker's process starts.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { brokerUrl, resolveWorkerOptions } from "../src/worker-options.ts";

async function file(name: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "switchboard-options-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

it("M24 the broker's options come from defaults, then the options file, then the command line", async () => {
  const vumiConfig = await file("vumi.yaml", "hostname: broker.example.com\nport: 5673\nheartbeat: 30\n");
  const { broker } = await resolveWorkerOptions({ vumiConfig, port: "5674", vhost: "/production" });
  expect(broker).toMatchObject({
    hostname: "broker.example.com",
    port: 5674,
    username: "vumi",
    password: "vumi",
    vhost: "/production",
    heartbeat: 30,
    amqp_url: null,
  });
  expect((await resolveWorkerOptions({})).broker).toMatchObject({
    hostname: "127.0.0.1",
    port: 5672,
    vhost: "/develop",
  });
});

it("M24 the worker's options come from its file, then --set-option, which replaces whole keys with text", async () => {
  const config = await file("echo.yaml", "transport_name: echo\nsend_to: { default: { a: 1 } }\nweb_port: 80\n");
  const options = await resolveWorkerOptions({
    config,
    setOption: ["web_port:8080", "url:http://localhost:80/", "empty"],
    hostname: "broker.example.com",
  });
  expect(options.config.values).toEqual({
    transport_name: "echo",
    send_to: { default: { a: 1 } },
    web_port: "8080",
    url: "http://localhost:80/",
    empty: "",
  });
  expect(options.config.locate(["web_port"])?.source).toBe("--set-option");
  expect(options.config.locate(["transport_name"])).toEqual({ source: config, line: 1, column: 1 });
});

it("M24 the broker's options do not leak into the worker's", async () => {
  const { config } = await resolveWorkerOptions({ hostname: "h", password: "secret", systemId: "group" });
  expect(config.values).toEqual({ system_id: "group" });
});

it("the deprecated spelling of the class loses against the right one", async () => {
  expect((await resolveWorkerOptions({ worker_class: "Old" })).workerClass).toBe("Old");
  expect((await resolveWorkerOptions({ workerClass: "New", worker_class: "Old" })).workerClass).toBe("New");
  expect((await resolveWorkerOptions({})).workerClass).toBeUndefined();
});

it("a container's environment is understood, and gives way to flags", async () => {
  const config = await file("echo.yaml", "transport_name: echo\nport: 1\n");
  const environment = {
    WORKER_CLASS: "vumi.demos.words.EchoWorker",
    CONFIG_FILE: config,
    AMQP_HOST: "rabbit",
    AMQP_PASSWORD: "p@ss",
    VUMI_OPT_TRANSPORT_NAME: "from_env",
    VUMI_OPT_PORT: "2",
  };
  const options = await resolveWorkerOptions({ setOption: ["port:3"] }, environment);
  expect(options.workerClass).toBe("vumi.demos.words.EchoWorker");
  expect(options.config.values).toEqual({ transport_name: "from_env", port: "3" });
  expect(options.broker).toMatchObject({
    hostname: "rabbit",
    port: 5672,
    vhost: "/",
    username: "guest",
    password: "p@ss",
  });
  expect((await resolveWorkerOptions({ hostname: "h" }, environment)).broker.hostname).toBe("h");
  expect((await resolveWorkerOptions({}, { AMQP_PASSWORD: "x" })).broker.password).toBe("vumi");
});

it("a wrong option is refused with where it came from", async () => {
  await expect(resolveWorkerOptions({ port: "http" })).rejects.toThrow(
    'the command line port: expected a whole number from 1 to 65535, got "http"',
  );
  const vumiConfig = await file("vumi.yaml", "\nport: 70000\n");
  await expect(resolveWorkerOptions({ vumiConfig })).rejects.toThrow(`${vumiConfig}:2:1 port: expected`);
});

it("a broker has a URL, in which everything is escaped", async () => {
  const { broker } = await resolveWorkerOptions({ password: "p@ss/word", hostname: "::1" });
  expect(brokerUrl(broker)).toBe("amqp://vumi:p%40ss%2Fword@[::1]:5672/%2Fdevelop");
  expect(brokerUrl({ ...broker, heartbeat: 30 })).toMatch(/\?heartbeat=30$/);
  expect(brokerUrl({ ...broker, amqp_url: "amqp://elsewhere" })).toBe("amqp://elsewhere");
});
