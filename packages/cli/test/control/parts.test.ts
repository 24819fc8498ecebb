// The parts of the verbs that need no server.

import { ClientError, RpcError } from "@switchboard/client";
import { Password } from "@switchboard/protocol";
import { afterEach, describe, expect, it, vi } from "vitest";
import { run } from "../../src/index.ts";
import { parseArguments } from "../../src/control/arguments.ts";
import { describeFailure, exitCodeOf } from "../../src/control/failure.ts";
import { parseFilter } from "../../src/control/filter.ts";
import { FrameMask } from "../../src/control/mask-frame.ts";
import { ProgressBar } from "../../src/control/progress-bar.ts";
import { harmless, printTable, printValue, toJson } from "../../src/control/output.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

function printed(print: () => void): string {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  print();
  const lines = log.mock.calls.map(([line]) => `${String(line)}\n`);
  log.mockRestore();
  return lines.join("");
}

describe("help", () => {
  it("shows a verb's own options before those that say which server", async () => {
    const write = vi.spyOn(process.stdout, "write").mockImplementation(() => true);
    await run(["messages", "--help"]);
    const text = write.mock.calls.map(([chunk]) => String(chunk)).join("");
    write.mockRestore();
    const places = ["Options:", "--resend", "Which server, and as whom:", "--server"].map((part) => text.indexOf(part));
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(places).not.toContain(-1);
  });
});

describe("arguments", () => {
  it("are JSON where they are JSON, else texts; or one array or object for all", () => {
    const words = ["5", "true", "null", '{"a":1}', '"5"', "plain text", "[1"];
    expect(parseArguments(words, undefined)).toEqual([5, true, null, { a: 1 }, "5", "plain text", "[1"]);
    expect(parseArguments([], "[1,2]")).toEqual([1, 2]);
    expect(parseArguments([], '{"name":"x"}')).toEqual({ name: "x" });
    for (const [words, all] of [[[], "5"] as const, [["1"], "[]"] as const]) {
      expect(() => parseArguments(words, all)).toThrowError(/--args: expected a JSON array or object/);
    }
  });

  it.each([
    ["state=FAILED", ["state", "=", "FAILED"]],
    ["id>=5", ["id", ">=", 5]],
    ["a.b!=true", ["a.b", "!=", true]],
    ["name~^5", ["name", "~", "^5"]],
    ["name~5", ["name", "~", "5"]],
    ["empty=", ["empty", "=", ""]],
    ["text=a=b", ["text", "=", "a=b"]],
    ['["or",[["id","=",1],["id","=",2]]]', ["or", [["id", "=", 1] as const, ["id", "=", 2] as const]]],
  ])("filter %s", (text, filter) => {
    expect(parseFilter(text)).toEqual(filter);
  });

  it.each(["", "name", "=5", "[broken"])("refuses the filter %j", (text) => {
    expect(() => parseFilter(text)).toThrowError(expect.objectContaining({ code: "CLI_ARGUMENTS_INVALID" }) as Error);
  });
});

describe("output", () => {
  it("aligns tables, and shows what would steer the terminal", () => {
    const rows = [
      { id: 1, name: "ada\u001b[31m\nlovelace", at: new Date(0), extra: { a: 1 } },
      { id: 20, name: null, more: true },
    ];
    expect(printed(() => printTable(rows))).toBe(
      [
        "ID  NAME          AT                        EXTRA    MORE\n",
        '1   ada lovelace  1970-01-01T00:00:00.000Z  {"a":1}\n',
        "20                                                   true\n",
      ].join(""),
    );
    expect(printed(() => printTable([], ["id", "name"]))).toBe("ID  NAME\n");
    expect(harmless("a\u0007b\u001b]0;title\u0007c\rd\n")).toBe("a\ufffdbc\ufffdd\n");
  });

  it("fits tables to a narrow terminal: first go empty columns, then the widest give, and the rest is cut", () => {
    const rows = [{ name: "telnet", nothing: null, kind: "application", state: "running", parked: 12 }];
    const at = (columns: number): string => {
      const terminal = { isTTY: true, columns } as typeof process.stdout;
      const stdout = vi.spyOn(process, "stdout", "get").mockReturnValue(terminal);
      const text = printed(() => printTable(rows));
      stdout.mockRestore();
      // oxlint-disable-next-line no-control-regex -- the head is bold
      return text.replaceAll(/\u001b\[\d+m/g, "");
    };
    expect(at(60).split("\n")[0]).toBe("NAME    NOTHING  KIND         STATE    PARKED");
    expect(at(40)).toBe("NAME    KIND         STATE    PARKED\ntelnet  application  running  12\n");
    expect(at(24)).toBe("NAME    KIND      STATE…\ntelnet  applica…  runni…\n");
  });

  it("prints what suits a value, and never a secret", () => {
    expect(printed(() => printValue("text", {}))).toBe("text\n");
    expect(printed(() => printValue(null, {}))).toBe("");
    expect(printed(() => printValue(null, { json: true }))).toBe("null\n");
    expect(printed(() => printValue([1, 2], {}))).toBe("[\n  1,\n  2\n]\n");
    expect(printed(() => printValue([{ a: 1 }], {}))).toBe("A\n1\n");
    const secrets = { bytes: new Uint8Array([104, 105]), password: new Password("s3cret") };
    expect(toJson(secrets)).toBe('{"bytes":{"$binary":"aGk="},"password":"********"}');
  });

  it("uses no colour without a terminal", () => {
    expect(printed(() => printTable([{ a: 1 }]))).not.toContain("\u001b");
  });
});

describe("the progress bar", () => {
  const show = (isTerminal: boolean): string => {
    vi.spyOn(process, "stderr", "get").mockReturnValue({
      isTTY: isTerminal,
      columns: 30,
      write: (text: string) => written.push(text) > 0,
    } as unknown as typeof process.stderr);
    const written: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line: string) => void written.push(`${line}\n`));
    const bar = new ProgressBar();
    bar.show(50, "half\u0007 way there");
    bar.show(120, "more");
    bar.end();
    return written.join("");
  };

  it("draws over itself on a terminal, within its width, and leaves nothing behind", () => {
    expect(show(true)).toBe(
      ["\r\u001b[2K[############------------]  5", "\r\u001b[2K[########################] 10", "\r\u001b[2K"].join(""),
    );
  });

  it("is a line for each report elsewhere", () => {
    expect(show(false)).toBe(" 50% half\ufffd way there\n100% more\n");
  });
});

describe("failures", () => {
  it("become exit codes up to 125, the server's own where there is one", () => {
    const codes = [2, 13, 85, 200, 0].map((number) => exitCodeOf(new RpcError(number, "no")));
    expect(codes).toEqual([2, 13, 85, 125, 1]);
    expect(exitCodeOf(new ClientError("CLIENT_CONNECT_FAILED", "no"))).toBe(61);
    expect(exitCodeOf(new ClientError("CLIENT_TIMEOUT", "no"))).toBe(60);
    expect(exitCodeOf(new ClientError("CLIENT_LOGIN_REFUSED", "no"))).toBe(13);
    expect(exitCodeOf(new ClientError("CLIENT_CLOSED", "no"))).toBe(1);
    expect(exitCodeOf(new TypeError("no"))).toBe(1);
  });

  it("say which argument was wrong", () => {
    const extra = [
      { path: [1, "name"], message: "expected a string, got 5", code: 22 },
      { path: [], message: "too many" },
      5,
    ];
    expect(describeFailure(new RpcError(22, "arguments do not match", { extra }))).toBe(
      [
        "switchboard: arguments do not match [EINVAL]",
        "  argument 1.name: expected a string, got 5",
        "  arguments: too many",
      ].join("\n"),
    );
    expect(describeFailure(new RpcError(999, "odd"))).toBe("switchboard: odd [999]");
  });
});

describe("the monitor's mask", () => {
  const frame = (name: string, id: string | null, args: unknown): string =>
    JSON.stringify({ namespace: "rpc", name, id, args });

  it("hides passwords and tokens, in logins, their answers, and anywhere in arguments", () => {
    const mask = new FrameMask();
    const shown = [
      frame("auth", "1", { username: "root", password: "s3cret", check_password: true }),
      frame("response", "1", ["s3cret-token", 600, "root"]),
      frame("auth_token", "2", { token: "s3cret-token" }),
      frame("response", "2", ["s3cret-new", 600, "root"]),
      frame("call", "3", { method: "volume.create", args: [{ name: "tank", key: { $password: "s3cret" } }] }),
      frame("response", "3", { deep: [{ apiKey: "s3cret", url: "/filedownload?token=s3cret&x=1" }] }),
      frame("call", "4", { method: "users.change_password", args: ["s3cret", "s3cret2"] }),
      frame("error", "4", { code: 13, message: "the old password is wrong" }),
      frame("call", "5", { method: "session.create_link", args: [] }),
      frame("fragment", "5", { seqno: 1, fragment: ["s3cret"] }),
      frame("response", "5", "s3cret"),
      '"s3cret',
      '"s3cret"',
    ].map((text) => mask.mask(text));
    expect(shown.join("\n")).not.toContain("s3cret");
    expect(shown[0]).toContain('"username":"root"');
    expect(shown[0]).toContain('"check_password":true');
    expect(shown[4]).toContain('"name":"tank"');
    expect(shown[7]).toContain("the old password is wrong");
  });

  it("shows everything else as it is", () => {
    const mask = new FrameMask();
    const text = frame("call", "1", { method: "test.add", args: [1, null, true, "a"] });
    expect(mask.mask(text)).toBe(text);
    expect(mask.mask(frame("response", "1", 3))).toBe(frame("response", "1", 3));
    expect(mask.mask(frame("close", "1", null))).toBe(frame("close", "1", null));
  });
});
