// The configuration file: the manual's own, YAML, every mistake with its line, options over the file, and the page that says it all.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tempFolder } from "@switchboard/testkit";
import { format, resolveConfig } from "prettier";
import { describe, expect, it } from "vitest";
import { resolveLimits } from "../../src/connections/limits.ts";
import { configFromArguments, serverHelp } from "../../src/server-config/command-line.ts";
import { configKeys } from "../../src/server-config/keys.ts";
import { defaultConfig, parseConfig } from "../../src/server-config/read-config.ts";
import { serverOptionsOf } from "../../src/server-config/server-options.ts";
import { resolveTaskLimits } from "../../src/tasks/limits.ts";
import { configurationPage } from "../../src/server-config/reference-page.ts";

const manual = `{
    "datastore": {
        "driver": "mongodb",
        "dsn": "mongodb://localhost"
    },

    "dispatcher": {
        "pidfile": "/var/run/dispatcher.pid",
        "websocket-port": 5000,
        "frontend-port": 8180,
        "tls": false,
        "logging": "syslog",
        "plugin-dirs": [
            "/usr/local/lib/dispatcher/plugins",
            "/opt/dispatcher-plugins"
        ]
    },

    "etcd": {
        "pidfile": "/var/run/etcd.pid",
        "logging": "syslog",
        "plugin-dirs": [
            "/usr/local/lib/etcd/plugins"
        ]
    },

    "cli": {
        "plugin-dirs": [
            "/usr/local/lib/freenascli/plugins"
        ]
    }
}
`;

function file(text: string): string {
  const path = join(tempFolder(), "middleware.conf");
  writeFileSync(path, text);
  return path;
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  throw new Error("expected a failure");
}

describe("the file", () => {
  it.each([
    ["with spaces", manual],
    ["with tabs", manual.replaceAll("    ", "\t")],
  ])("is accepted as the manual has it, %s", (_, text) => {
    const config = parseConfig(text, "middleware.conf");
    expect(config.dispatcher).toMatchObject({
      pidfile: "/var/run/dispatcher.pid",
      "websocket-port": 5000,
      "frontend-port": 8180,
      tls: false,
      logging: "syslog",
      "plugin-dirs": ["/usr/local/lib/dispatcher/plugins", "/opt/dispatcher-plugins"],
      hosts: ["127.0.0.1", "::1"],
    });
    expect(config.datastore).toEqual({ driver: "mongodb", dsn: "mongodb://localhost" });
    expect(config.sections["etcd"]).toMatchObject({ pidfile: "/var/run/etcd.pid" });
  });

  it("says who may connect, how much they may take, and what is offered", () => {
    const text = `
dispatcher:
  plugin-dirs: []
  allowed-origins: ["https://console.example.org"]
  static-dir: /usr/share/console
  test-services: true
  max-open-calls: 7
  max-task-records: 3
  login-timeout: 0.5
`;
    const { dispatcher, sections } = parseConfig(text, "x.yaml");
    expect(serverOptionsOf(dispatcher, sections)).toMatchObject({
      listen: { allowedOrigins: ["https://console.example.org"], staticFolder: "/usr/share/console" },
      withTests: true,
      limits: { maxOpenCalls: 7, loginTimeoutMs: 500, maxConnections: 10_000 },
      tasks: { maxRecords: 3, maxRunning: 64 },
    });
    expect(() => parseConfig(text.replace("7", "0"), "x.yaml")).toThrow(
      "x.yaml:7 dispatcher.max-open-calls: expected a whole number of at least 1, got 0",
    );
  });

  it("the defaults that it shows are those of the server", () => {
    const { dispatcher, sections } = defaultConfig();
    const { limits, tasks, withTests } = serverOptionsOf(dispatcher, sections);
    expect({ ...resolveLimits(), ...limits }).toEqual(resolveLimits());
    expect(resolveTaskLimits(tasks)).toEqual(resolveTaskLimits());
    expect(withTests).toBe(false);
  });

  it("may be YAML, and names every mistake with its line", () => {
    const text = "dispatcher:\n  websocket-port: 70000\n  tls: true\n  logging: [x]\n  wrong: 1\ndatastore: 7\n";
    expect(messageOf(() => parseConfig(text, "x.yaml")).split("\n")).toEqual([
      "x.yaml:2 dispatcher.websocket-port: expected a port from 0 to 65535, got 70000",
      'x.yaml:4 dispatcher.logging: expected text, got ["x"]',
      expect.stringMatching(/^x\.yaml:5 dispatcher\.wrong: is no key; expected one of websocket-port, /),
      "x.yaml:1 dispatcher.plugin-dirs: is missing: expected a list of texts",
      "x.yaml:1 dispatcher.tls-certificate: is missing: tls is on",
      "x.yaml:1 dispatcher.tls-keyfile: is missing: tls is on",
      "x.yaml:6 datastore: expected an object",
    ]);
  });

  it.each([["{"], ["a: [1"], ["- 1"], ["7"], ["a: *b"]])("that is none is refused: %j", (text) => {
    expect(() => parseConfig(text, "x")).toThrow(expect.objectContaining({ code: "SERVER_CONFIG_UNREADABLE" }));
  });
});

describe("the command line", () => {
  it("S2 the file's port counts, unless -p gives another", () => {
    const path = file('{"dispatcher": {"websocket-port": 5005, "plugin-dirs": []}}');
    expect(configFromArguments(["-c", path])?.dispatcher["websocket-port"]).toBe(5005);
    expect(configFromArguments(["-c", path, "-p", "5006"])?.dispatcher["websocket-port"]).toBe(5006);
  });

  it("S3 without a port it is 5000, and 8180 for the console", () => {
    expect(configFromArguments([])?.dispatcher).toMatchObject({ "websocket-port": 5000, "frontend-port": 8180 });
  });

  it("wins over the file with all its options", () => {
    const path = file(manual);
    const options = [
      "-s",
      "0",
      "-u",
      "/tmp/d.sock",
      "--load-disabled",
      "--log-level",
      "debug",
      "--log-file",
      "/tmp/d.log",
    ];
    const more = ["--pidfile", "/tmp/d.pid", "--data", "/tmp/data", "--plugin-dir", "a", "--plugin-dir", "b"];
    expect(configFromArguments(["-c", path, ...options, ...more])?.dispatcher).toMatchObject({
      "frontend-port": 0,
      "unix-socket": "/tmp/d.sock",
      "load-disabled": true,
      "log-level": "DEBUG",
      logging: "file:/tmp/d.log",
      pidfile: "/tmp/d.pid",
      data: "/tmp/data",
      "plugin-dirs": ["a", "b"],
    });
  });

  it("refuses what it does not know, and helps", () => {
    expect(() => configFromArguments(["--nonsense"])).toThrow(expect.objectContaining({ code: "SERVER_USAGE" }));
    expect(messageOf(() => configFromArguments(["-p", "http"]))).toContain(
      'expected a port from 0 to 65535, got "http"',
    );
    expect(() => configFromArguments(["-c", "/nowhere/x"])).toThrow(/nowhere\/x: the file cannot be read \(ENOENT\)/);
    expect(configFromArguments(["--help"])).toBeUndefined();
    const missing = Object.values(configKeys)
      .flatMap((keys) => Object.keys(keys))
      .filter((key) => !serverHelp().includes(`${key}:`));
    expect(missing).toEqual([]);
  });
});

it("docs/server-configuration.md is what the declaration says (set UPDATE_DOCS=1 to write it)", async () => {
  const page = fileURLToPath(new URL("../../../../docs/server-configuration.md", import.meta.url));
  const expected = await format(configurationPage(), { ...(await resolveConfig(page)), parser: "markdown" });
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(page, expected);
  expect(readFileSync(page, "utf8")).toBe(expected);
});
