// Twisted's endpoint strings: where to listen, where to connect. `tcp:9010`, `tcp:port=9010:interface=127.0.0.1`, `unix:/run/x.sock`,
// `ssl:443:certKey=…:privateKey=…`; a backslash takes the meaning from `:` and `=`.

import { nearestName } from "../near-names.ts";

/** Where to listen. */
export type ServerEndpoint =
  | {
      readonly transport: "tcp";
      /** Undefined: on all interfaces. */
      readonly host: string | undefined;
      /** 0: any free port. */
      readonly port: number;
      /** How many connections may wait to be accepted. */
      readonly backlog: number;
    }
  | { readonly transport: "unix"; readonly path: string; readonly mode: number; readonly backlog: number }
  | {
      readonly transport: "tls";
      readonly host: string | undefined;
      readonly port: number;
      readonly backlog: number;
      /** PEM files. */
      readonly privateKeyPath: string;
      readonly certificatePath: string;
    };

/** Where to connect. */
export type ClientEndpoint =
  | {
      readonly transport: "tcp" | "tls";
      readonly host: string;
      readonly port: number;
      readonly timeoutMs: number;
      /** The local address to connect from. */
      readonly bindAddress: string | undefined;
    }
  | { readonly transport: "unix"; readonly path: string; readonly timeoutMs: number };

/** What is wrong with an endpoint string; the caller says where it stands. */
export interface EndpointProblem {
  readonly expected: string;
  readonly hint: string | undefined;
}

const defaultBacklog = 50;
const defaultTimeoutS = "30";

interface Kind {
  /** Names of the arguments; the first `positional` may be given without theirs. */
  readonly args: readonly string[];
  readonly positional: number;
  readonly needs: readonly string[];
}

const serverKinds: Readonly<Record<string, Kind>> = {
  tcp: { args: ["port", "interface", "backlog"], positional: 3, needs: ["port"] },
  tcp6: { args: ["port", "interface", "backlog"], positional: 3, needs: ["port"] },
  unix: { args: ["address", "mode", "backlog", "lockfile"], positional: 4, needs: ["address"] },
  ssl: { args: ["port", "privateKey", "certKey", "interface", "backlog"], positional: 3, needs: ["port"] },
};

const clientKinds: Readonly<Record<string, Kind>> = {
  tcp: { args: ["host", "port", "timeout", "bindAddress"], positional: 2, needs: ["host", "port"] },
  ssl: { args: ["host", "port", "timeout", "bindAddress"], positional: 2, needs: ["host", "port"] },
  tls: { args: ["host", "port", "timeout", "bindAddress"], positional: 2, needs: ["host", "port"] },
  unix: { args: ["path", "timeout", "lockfile"], positional: 1, needs: ["path"] },
};

/** Reads where to listen. */
export function parseServerEndpoint(text: string): ServerEndpoint | EndpointProblem {
  const parsed = parse(text, serverKinds);
  if ("expected" in parsed) return parsed;
  const { kind, args } = parsed;
  const backlog = count(args.get("backlog") ?? String(defaultBacklog));
  if (backlog === undefined) return problem("backlog: a number of connections");
  if (kind === "unix") {
    const mode = /^[0-7]{1,4}$/.exec(args.get("mode") ?? "666")?.[0];
    if (mode === undefined) return problem("mode: an octal number such as 660");
    return { transport: "unix", path: args.get("address") ?? "", mode: Number.parseInt(mode, 8), backlog };
  }
  const port = portNumber(args.get("port"), 0);
  if (port === undefined) return problem("port: a number from 0 to 65535");
  const host = args.get("interface") || (kind === "tcp6" ? "::" : undefined);
  if (kind !== "ssl") return { transport: "tcp", host, port, backlog };
  const privateKeyPath = args.get("privateKey") ?? "server.pem";
  return {
    transport: "tls",
    host,
    port,
    backlog,
    privateKeyPath,
    certificatePath: args.get("certKey") ?? privateKeyPath,
  };
}

/** Reads where to connect. */
export function parseClientEndpoint(text: string): ClientEndpoint | EndpointProblem {
  const parsed = parse(text, clientKinds);
  if ("expected" in parsed) return parsed;
  const { kind, args } = parsed;
  const timeout = Number(args.get("timeout") ?? defaultTimeoutS);
  if (!(timeout > 0)) return problem("timeout: a number of seconds");
  const timeoutMs = Math.round(timeout * 1_000);
  if (kind === "unix") return { transport: "unix", path: args.get("path") ?? "", timeoutMs };
  const port = portNumber(args.get("port"), 1);
  if (port === undefined) return problem("port: a number from 1 to 65535");
  const transport = kind === "tcp" ? "tcp" : "tls";
  return { transport, host: args.get("host") ?? "", port, timeoutMs, bindAddress: args.get("bindAddress") };
}

/** The server endpoint that a deprecated pair of fields means. */
export function hostPortServer(host: string | undefined, port: number): ServerEndpoint {
  return { transport: "tcp", host: host === "" ? undefined : host, port, backlog: defaultBacklog };
}

/** The client endpoint that a deprecated pair of fields means. */
export function hostPortClient(host: string, port: number): ClientEndpoint {
  return { transport: "tcp", host, port, timeoutMs: Number(defaultTimeoutS) * 1_000, bindAddress: undefined };
}

interface Parsed {
  readonly kind: string;
  readonly args: ReadonlyMap<string, string>;
}

function parse(text: string, kinds: Readonly<Record<string, Kind>>): Parsed | EndpointProblem {
  const [first, ...parts] = splitParts(text);
  const kindName = first?.[1] ?? "";
  const kind = Object.hasOwn(kinds, kindName) ? kinds[kindName] : undefined;
  if (kind === undefined) {
    const near = nearestName(kindName, Object.keys(kinds));
    const hint = near === undefined ? undefined : `did you mean "${near}${text.slice(kindName.length)}"?`;
    return {
      expected: `one of ${Object.keys(kinds)
        .map((name) => `${name}:…`)
        .join(", ")}`,
      hint,
    };
  }
  const args = new Map<string, string>();
  let position = 0;
  for (const [named, value] of parts) {
    const name = named ?? (position < kind.positional ? kind.args[position++] : undefined);
    if (name === undefined) return problem(`at most ${kind.positional} arguments without a name`);
    if (!kind.args.includes(name)) {
      const near = nearestName(name, kind.args);
      return { expected: `only ${kind.args.join(", ")} after ${kindName}:`, hint: near && `did you mean ${near}?` };
    }
    args.set(name, value);
  }
  const missing = kind.needs.find((name) => (args.get(name) ?? "") === "");
  return missing === undefined ? { kind: kindName, args } : problem(`${missing} after ${kindName}:`);
}

/** Splits at `:`, and each part at its first `=`. */
function splitParts(text: string): [name: string | undefined, value: string][] {
  const parts: [string | undefined, string][] = [];
  let name: string | undefined;
  let current = "";
  for (let index = 0; index <= text.length; index++) {
    const char = text[index];
    if (char === undefined || char === ":") {
      parts.push([name, current]);
      [name, current] = [undefined, ""];
    } else if (char === "=" && name === undefined) [name, current] = [current, ""];
    else if (char === "\\" && index + 1 < text.length) current += text[++index];
    else current += char;
  }
  return parts;
}

function portNumber(text: string | undefined, least: number): number | undefined {
  const port = count(text ?? "");
  return port === undefined || port < least || port > 65_535 ? undefined : port;
}

function count(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function problem(expected: string): EndpointProblem {
  return { expected, hint: undefined };
}
