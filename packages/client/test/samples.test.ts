// The sample frames of docs/protocol.md, in both directions: the client writes those of clients and understands those of servers.

import { readFileSync } from "node:fs";
import { decodeClientFrame, type ServerFrame } from "@switchboard/protocol";
import { afterEach, expect, it } from "vitest";
import { all, closeAll, rejection, settled, setup } from "./kit.ts";

afterEach(closeAll);

const samples = new URL("../../protocol/samples/", import.meta.url);

function text(name: string): string {
  return readFileSync(new URL(`${name}.json`, samples), "utf8");
}

/** A sample of a server's frame under another id. */
function answer(name: string, id: string | null | undefined): string {
  return JSON.stringify({ ...(JSON.parse(text(name)) as ServerFrame), id });
}

it("writes the frames of clients as the samples have them", async () => {
  const args = (name: string): Record<string, unknown> =>
    (JSON.parse(text(name)) as { args: Record<string, unknown> }).args;
  const auth = args("rpc.auth");
  const { client, peer } = await setup(
    {
      services: {
        task: { submit: () => 17 },
        none: {
          stream: function* () {
            yield* [];
          },
        },
      },
    },
    {
      login: { username: String(auth.username), password: String(auth.password), checkPassword: true },
      resource: "demo",
    },
  );
  await client.login({ token: String(args("rpc.auth_token").token) });
  await client.login({ service: "networkd" });
  const call = decodeClientFrame(text("rpc.call"));
  if (call.name !== "call") throw new Error("not a call");
  await client.call("task.submit", call.args.args);
  const stop = client.on(["task.*", "*.changed"], () => undefined);
  stop();
  await settled();
  const written = (name: string): unknown => peer.received.findLast((frame) => frame.name === name);
  for (const name of ["auth", "auth_token", "auth_service", "call"]) {
    const expected = decodeClientFrame(text(`rpc.${name}`));
    expect({ ...(written(name) as object), id: "?" }).toEqual({ ...expected, id: "?" });
  }
  expect(written("subscribe")).toEqual(decodeClientFrame(text("events.subscribe")));
  expect(written("unsubscribe")).toMatchObject({ id: null, args: ["task.*", "*.changed"] });
});

it("understands the frames of servers", async () => {
  const hang = (): Promise<never> => new Promise(() => undefined);
  const { client, peer } = await setup({ services: { test: { hang } } }, { login: { token: "t" } });
  const lastId = async (): Promise<string | null | undefined> => {
    await settled();
    return peer.received.findLast(({ name }) => name === "call")?.id;
  };
  const response = client.call("test.hang");
  peer.pushText(answer("rpc.response", await lastId()));
  expect(await response).toBe(17);
  const error = rejection(client.call("test.hang"));
  peer.pushText(answer("rpc.error", await lastId()));
  expect(await error).toMatchObject({ errno: 22, extra: [{ path: [0, "name"], code: 22 }] });
  const stream = all(client.stream("test.hang"));
  const id = await lastId();
  for (const name of ["rpc.fragment", "rpc.end", "rpc.close"]) peer.pushText(answer(name, id));
  expect(await stream).toEqual([
    { id: 1, value: "one" },
    { id: 2, value: "two" },
  ]);
  const events = client.events("*");
  peer.pushText(text("events.event"));
  peer.pushText(text("events.event_burst"));
  const { value: created } = await events.next();
  expect(created).toMatchObject({
    name: "task.created",
    args: { id: 17, timestamp: new Date("2017-05-09T00:35:49Z") },
  });
  expect([(await events.next()).value.args, (await events.next()).value.args]).toEqual([
    { value: 20.5 },
    { value: 21 },
  ]);
  peer.pushText(text("events.logout"));
  expect(await rejection(events.next())).toMatchObject({ code: "CLIENT_LOGGED_OUT" });
});
