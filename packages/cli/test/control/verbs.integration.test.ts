// The verbs that talk to a server, as child processes, against a real one.

import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder, until } from "@switchboard/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliServer, startCliServer } from "./kit.ts";

let cli: CliServer;

beforeAll(async () => {
  cli = await startCliServer();
});

afterAll(() => cli.close());

describe("login", () => {
  it("keeps a token that only its owner can read, and later commands use it and its successors", async () => {
    expect(await cli.run("call", "demo.add", "1", "2")).toMatchObject({
      code: 13,
      err: expect.stringContaining("[CLI_LOGIN_MISSING]") as unknown,
    });
    const logIn = await cli.run("login", ...cli.withPassword);
    expect(logIn).toEqual({ code: 0, out: "", err: `logged in to ${cli.url} as root\n` });
    const file = join(cli.home, "switchboard/tokens.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const first = readFileSync(file, "utf8");
    expect(await cli.run("call", "demo.add", "1", "2")).toEqual({ code: 0, out: "3\n", err: "" });
    expect(readFileSync(file, "utf8")).not.toBe(first);
    expect(await cli.run("call", "demo.add", "40", "2")).toMatchObject({ out: "42\n" });
    await cli.run("logout");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({});
    expect((await cli.run("call", "demo.add", "1")).code).toBe(13);
    writeFileSync(file, JSON.stringify({ [cli.url]: "a token that has come to its end" }));
    const expired = await cli.run("call", "demo.add", "1");
    expect(expired).toMatchObject({ code: 13, out: "" });
    expect(expired.err).toContain("no longer logged in");
    await cli.run("logout");
  });

  it("is refused with exit code 13 for a wrong password, and never takes one from the command line", async () => {
    const file = join(tempFolder(), "password");
    writeFileSync(file, "wrong");
    const refused = await cli.run("login", "--user", "root", "--password-file", file);
    expect(refused).toMatchObject({ code: 13, out: "" });
    expect(refused.err).toContain("[CLIENT_LOGIN_REFUSED]");
    expect((await cli.run("login", "--user", "root")).err).toContain("[CLI_PASSWORD_MISSING]");
    expect((await cli.run("login", "--password", "x")).code).toBe(2);
  });
});

describe("call", () => {
  const call = (...args: string[]): ReturnType<CliServer["run"]> => cli.run("call", ...cli.asRoot, ...args);

  it("prints results for people and as JSON, and streams", async () => {
    const value = '[{"a":1,"b":"x"},{"a":22}]';
    const outcomes = await Promise.all([
      call("demo.echo", value),
      call("demo.echo", value, "--json"),
      call("demo.echo", "just text"),
      call("demo.add", "--args", '{"a":5}'),
      call("demo.count", "3", "--stream"),
      call("demo.add", "--", "-5", "2"),
    ]);
    expect(outcomes.map(({ out }) => out)).toEqual([
      "A   B\n1   x\n22\n",
      `${value}\n`,
      "just text\n",
      "5\n",
      "1\n2\n3\n",
      "-3\n",
    ]);
  });

  it("ends with the server's number, and says what was wrong", async () => {
    const outcomes = await Promise.all([
      call("demo.add", "one"),
      call("demo.nothing"),
      call("demo.hang", "--timeout", "0.5"),
      call("--server", "ws://127.0.0.1:1", "demo.add", "1"),
      call("--server", "127.0.0.1:5000", "demo.add", "1"),
    ]);
    expect(outcomes.map(({ code, out }) => [code, out])).toEqual([
      [22, ""],
      [2, ""],
      [60, ""],
      [61, ""],
      [2, ""],
    ]);
    expect(outcomes[0].err).toMatch(/^switchboard: arguments: 0: .*\[EINVAL\]$/m);
  });

  it("reaches the server by its Unix socket, without a password", async () => {
    const { code, out } = await cli.run("call", "--server", cli.unix, "--user", "root", "demo.add", "2", "2");
    expect([code, out]).toEqual([0, "4\n"]);
  });
});

it("query prints the columns that are asked for", async () => {
  const query = async (...args: string[]): Promise<string> => (await cli.run("query", ...cli.asRoot, ...args)).out;
  expect(await query("demo", "age>30", "--select", "name,address.city")).toBe(
    "NAME   ADDRESS.CITY\nada    London\ngrace  Arlington\n",
  );
  expect(await query("demo", "age>30", "name~a", "--count")).toBe("2\n");
  expect(JSON.parse(await query("demo", "--single", "--json"))).toMatchObject({ name: "ada" });
});

it("services lists services and methods", async () => {
  const list = await cli.run("services", ...cli.asRoot);
  expect(list.out).toMatch(/^SERVICE +METHODS\n/);
  expect(list.out).toMatch(/^demo +.*\badd\b/m);
  const { out } = await cli.run("services", "demo", ...cli.asRoot);
  expect(out).toMatch(/^add +a: integer, \[b: integer\] +Adds two numbers$/m);
});

it("plugins, sessions and users list what there is", async () => {
  const [plugins, sessions, users] = await Promise.all([
    cli.run("plugins", ...cli.asRoot),
    cli.run("sessions", ...cli.asRoot),
    cli.run("users", "--json", ...cli.asRoot),
  ]);
  expect(plugins.out).toMatch(/^NAME +STATE +ERROR +FILENAME\n(.*\n)*demo +LOADED/);
  expect(sessions.out).toMatch(/^ID +USERNAME +ADDRESS +RESOURCE\n(.*\n)*\d+ +root +127\.0\.0\.1,\d+ +switchboard/);
  expect(JSON.parse(users.out)).toMatchObject([{ username: "root" }]);
  expect(users.out).not.toContain(cli.password);
});

describe("task", () => {
  const task = (...args: string[]): ReturnType<CliServer["run"]> =>
    cli.run("task", args[0] ?? "", ...cli.asRoot, ...args.slice(1));

  it("submit shows progress and prints the result; what the task failed with is the exit code", async () => {
    const [worked, failed, unknown] = await Promise.all([
      task("submit", "demo.work", "ada", "--json"),
      task("submit", "demo.fail"),
      task("submit", "demo.nothing"),
    ]);
    expect([worked.code, worked.out]).toEqual([0, '{"worked":"ada"}\n']);
    expect(failed).toMatchObject({
      code: 16,
      out: "",
      err: expect.stringContaining("the pool is busy [EBUSY]") as unknown,
    });
    expect(unknown.code).toBe(22);
  });

  it("detaches, lists, shows, waits and aborts", async () => {
    const id = (await task("submit", "demo.endless", "--detach")).out.trim();
    expect(id).toMatch(/^\d+$/);
    const waiting = task("wait", id);
    await until(async () => (await task("list")).out.includes("EXECUTING"));
    expect((await task("list")).out).toMatch(new RegExp(`^${id} +demo.endless +EXECUTING +10% begun +root`, "m"));
    expect(JSON.parse((await task("show", id, "--json")).out)).toMatchObject({ id: Number(id), name: "demo.endless" });
    expect((await task("abort", id)).code).toBe(0);
    const waited = await waiting;
    expect(waited.code).toBe(85);
    expect(waited.err).toContain("was aborted");
    expect((await task("list", "--all")).out).toMatch(new RegExp(`^${id} +demo.endless +ABORTED`, "m"));
  });
});

it("events prints what happens, and ends after as many as were asked for", async () => {
  const child = cli.start("events", "weather.*", "--count", "2", "--json", ...cli.asRoot);
  await until(() => child.stderr().includes("listening"));
  const emitted = await cli.run("emit", "weather.changed", "city=Oslo", "degrees=5", ...cli.asRoot);
  expect(emitted).toEqual({ code: 0, out: "", err: "" });
  // The subscription is not answered, and may have come too late for the first; so the same is said until it is heard.
  const saying = setInterval(() => cli.client.emit("weather.changed", { city: "Oslo", degrees: 5 }), 50);
  const heard: unknown[] = [];
  for await (const line of child.lines) heard.push(JSON.parse(line));
  clearInterval(saying);
  expect(heard).toMatchObject([
    { name: "weather.changed", args: { city: "Oslo", degrees: 5 } },
    { name: "weather.changed", args: { city: "Oslo", degrees: 5 } },
  ]);
  expect((await child.exited).code).toBe(0);
});

it("types declares the server's methods", async () => {
  const file = join(tempFolder(), "methods.d.ts");
  expect((await cli.run("types", "--out", file, ...cli.asRoot)).code).toBe(0);
  const text = readFileSync(file, "utf8");
  expect(text).toContain('  /** Adds two numbers */\n  "demo.add": (a: number, b?: number) => number;\n');
  expect(text).toContain('  "demo.count": (to?: number) => AsyncIterable<number>;\n');
  expect(text).toContain('"discovery.get_services": () => readonly (string)[];');
});

describe("monitor", () => {
  it.each(["ws", "unix"] as const)("shows frames over %s as they pass, and no secret", async (kind) => {
    const listen = kind === "ws" ? "ws://127.0.0.1:0" : `unix:${join(tempFolder(), "m.sock")}`;
    const child = cli.start("monitor", "--listen", listen, "--server", kind === "ws" ? cli.url : cli.unix);
    await until(() => child.stderr().includes("listening on"));
    const url = /listening on (\S+)/.exec(child.stderr())?.[1] ?? "";
    if (kind === "unix") expect(statSync(url.slice(5)).mode & 0o777).toBe(0o600);
    const { out, err } = await cli.run("call", "--server", url, ...cli.withPassword, "demo.add", "20", "3");
    expect([out, err]).toEqual(["23\n", ""]);
    const lines: string[] = [];
    for await (const line of child.lines) {
      lines.push(line);
      if (line.includes("closed by")) break;
    }
    const shown = lines.join("\n");
    expect(shown).toMatch(/#1 > \{"namespace":"rpc","name":"auth".*"password":"\*{8}"/);
    expect(shown).toMatch(/#1 < .*"name":"response".*"args":"\*{8}"/);
    expect(shown).toMatch(/#1 > .*"method":"demo\.add","args":\[20,3\]/);
    expect(shown).toMatch(/#1 < .*"args":23/);
    expect(shown).not.toContain(cli.password);
    expect((await child.kill("SIGTERM")).code).toBe(0);
  });
});

it("monitor opens no way around the permissions of a Unix socket", async () => {
  const refused = await cli.run("monitor", "--listen", "ws://127.0.0.1:0", "--server", cli.unix);
  expect(refused).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringContaining("trusts whoever connects") as unknown,
  });
});

describe("completion", () => {
  it("offers verbs, options, and names of the server's", async () => {
    const complete = async (...words: string[]): Promise<string[]> =>
      (await cli.run("complete", "--", ...words)).out.split("\n").filter((line) => line !== "");
    const cases: [string[], string[]][] = [
      [["ta"], ["task"]],
      [["st"], ["start", "status"]],
      [
        ["task", ""],
        ["submit", "wait", "abort", "show", "list", "help"],
      ],
      [["call", "--st"], ["--stream"]],
      [
        ["completion", ""],
        ["bash", "zsh", "fish"],
      ],
      [["call", "demo."], []],
    ];
    await Promise.all(cases.map(async ([words, offered]) => expect(await complete(...words)).toEqual(offered)));
    await cli.run("login", ...cli.withPassword);
    // One after the other: each gets a new token.
    expect(await complete("call", "demo.a")).toEqual(["demo.add"]);
    expect(await complete("call", "--timeout", "5", "demo.ec")).toEqual(["demo.echo"]);
    expect(await complete("call", "demo.add", "de")).toEqual([]);
    expect(await complete("query", "dem")).toEqual(["demo"]);
  });

  it("prints a script for each shell", async () => {
    const outcomes = await Promise.all(["bash", "zsh", "fish", "csh"].map((shell) => cli.run("completion", shell)));
    expect(outcomes.map(({ out }) => out.includes("switchboard complete --"))).toEqual([true, true, true, false]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0, 2]);
  });
});

it("an unknown verb is answered with the one that was meant", async () => {
  expect(await cli.run("cal")).toMatchObject({
    code: 2,
    err: expect.stringContaining("Did you mean call?") as unknown,
  });
  const { err } = await cli.run("task", "sumbit");
  expect(err).toContain("Did you mean submit?");
});
