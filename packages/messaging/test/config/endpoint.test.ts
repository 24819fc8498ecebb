// Twisted's endpoint strings.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseClientEndpoint, parseServerEndpoint } from "../../src/config/endpoint.ts";

describe("a server endpoint", () => {
  const tcp = { transport: "tcp", host: undefined, backlog: 50 };
  it.each([
    ["tcp:9010", { ...tcp, port: 9010 }],
    ["tcp:port=60", { ...tcp, port: 60 }],
    ["tcp:interface=127.0.0.1:port=60", { ...tcp, host: "127.0.0.1", port: 60 }],
    ["tcp:60:127.0.0.1:10", { ...tcp, host: "127.0.0.1", port: 60, backlog: 10 }],
    [String.raw`tcp:60:interface=\:\:1`, { ...tcp, host: "::1", port: 60 }],
    ["tcp:0", { ...tcp, port: 0 }],
    ["tcp6:80", { ...tcp, host: "::", port: 80 }],
    ["unix:/run/phones.sock", { transport: "unix", path: "/run/phones.sock", mode: 0o666, backlog: 50 }],
    ["unix:address=/run/a=b:mode=660:lockfile=0", { transport: "unix", path: "/run/a=b", mode: 0o660, backlog: 50 }],
    [
      "ssl:443:privateKey=key.pem:certKey=cert.pem",
      {
        transport: "tls",
        host: undefined,
        port: 443,
        backlog: 50,
        privateKeyPath: "key.pem",
        certificatePath: "cert.pem",
      },
    ],
  ])("%s is understood", (text, expected) => {
    expect(parseServerEndpoint(text)).toEqual(expected);
  });

  it.each([
    ["", "one of tcp:…, tcp6:…, unix:…, ssl:…"],
    ["9010", "one of tcp:…, tcp6:…, unix:…, ssl:…"],
    ["foo", "one of tcp:…, tcp6:…, unix:…, ssl:…"],
    ["tcp", "port after tcp:"],
    ["tcp:", "port after tcp:"],
    ["tcp:http", "port: a number from 0 to 65535"],
    ["tcp:65536", "port: a number from 0 to 65535"],
    ["tcp:-1", "port: a number from 0 to 65535"],
    ["tcp:80:backlog=many", "backlog: a number of connections"],
    ["tcp:1:2:3:4", "at most 3 arguments without a name"],
    ["unix:", "address after unix:"],
    ["unix:/x:mode=999", "mode: an octal number such as 660"],
    ["constructor:1", "one of tcp:…, tcp6:…, unix:…, ssl:…"],
  ])("%j is refused", (text, expected) => {
    expect(parseServerEndpoint(text)).toMatchObject({ expected });
  });

  it("with a misspelt name gives a hint", () => {
    expect(parseServerEndpoint("tpc:80")).toMatchObject({ hint: 'did you mean "tcp:80"?' });
    expect(parseServerEndpoint("tcp:80:interfce=::1")).toEqual({
      expected: "only port, interface, backlog after tcp:",
      hint: "did you mean interface?",
    });
  });
});

describe("a client endpoint", () => {
  const tcp = { transport: "tcp", host: "example.com", port: 80, timeoutMs: 30_000, bindAddress: undefined };
  it.each([
    ["tcp:example.com:80", tcp],
    ["tcp:host=example.com:port=80", tcp],
    ["tcp:example.com:port=80:timeout=2.5:bindAddress=10.0.0.1", { ...tcp, timeoutMs: 2500, bindAddress: "10.0.0.1" }],
    ["ssl:host=example.com:port=80", { ...tcp, transport: "tls" }],
    ["tls:example.com:80", { ...tcp, transport: "tls" }],
    ["unix:/run/x.sock", { transport: "unix", path: "/run/x.sock", timeoutMs: 30_000 }],
    ["unix:path=/run/x.sock:timeout=1", { transport: "unix", path: "/run/x.sock", timeoutMs: 1000 }],
  ])("%s is understood", (text, expected) => {
    expect(parseClientEndpoint(text)).toEqual(expected);
  });

  it.each([
    ["tcp:80", "port after tcp:"],
    ["tcp:example.com:0", "port: a number from 1 to 65535"],
    ["tcp:example.com:80:timeout=soon", "timeout: a number of seconds"],
    ["udp:example.com:80", "one of tcp:…, ssl:…, tls:…, unix:…"],
  ])("%j is refused", (text, expected) => {
    expect(parseClientEndpoint(text)).toMatchObject({ expected });
  });
});

it("any text is an endpoint or a problem", () => {
  const pieces = fc.constantFrom(
    "tcp",
    "unix",
    "ssl",
    ":",
    "=",
    "\\",
    "port",
    "host",
    "80",
    "interface",
    "a",
    "__proto__",
  );
  fc.assert(
    fc.property(fc.array(pieces), (parts) => {
      for (const parse of [parseServerEndpoint, parseClientEndpoint]) {
        const result = parse(parts.join(""));
        expect("transport" in result || "expected" in result).toBe(true);
      }
    }),
  );
});
