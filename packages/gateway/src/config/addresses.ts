// Whether the addresses of servers in the file are addresses at all, so that `switchboard check` says so and not the start. Nothing is reached for.

import type { ConfigIssue } from "@switchboard/messaging";
import type { ConfigSource } from "@switchboard/messaging/config";

/** The sections that name servers; each has the address that its driver asks for. */
export interface ServerSections {
  readonly bus: { readonly driver: string; readonly url: string };
  readonly datastore: { readonly driver: string; readonly dsn: string };
  readonly keyvalue: { readonly driver: string; readonly dsn: string };
}

/** Adds what is wrong with them to `issues`. What came is not repeated: there may be a password in it. */
export function checkAddresses(
  { bus, datastore, keyvalue }: ServerSections,
  source: ConfigSource,
  issues: ConfigIssue[],
): void {
  const expect = (path: readonly [string, string], address: string, schemes: readonly string[]): void => {
    if (URL.canParse(address) && schemes.includes(new URL(address).protocol)) return;
    const { source: name, line, column } = source.locate(path) ?? source.locate([path[0]]) ?? {};
    const problem = `expected an address that begins with ${schemes.map((scheme) => `${scheme}//`).join(" or ")}`;
    issues.push({ source: name, line, column, path: path.join("."), problem, hint: undefined });
  };
  if (bus.driver === "amqp") expect(["bus", "url"], bus.url, ["amqp:", "amqps:"]);
  if (datastore.driver === "postgresql") {
    expect(["datastore", "dsn"], datastore.dsn, ["postgresql:", "postgres:"]);
  }
  if (keyvalue.driver === "redis") expect(["keyvalue", "dsn"], keyvalue.dsn, ["redis:", "rediss:"]);
}
