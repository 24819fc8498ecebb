// Options of workers without their secrets, and back; and the configuration file as it is exported.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClassLoader, LoadedClass } from "@switchboard/messaging/config";
import { tempFolder } from "@switchboard/testkit";
import { expect, it } from "vitest";
import { builtInClasses } from "../src/classes.ts";
import { exportConfig } from "../src/config/write-config.ts";
import { loadGatewayFile } from "../src/config/gateway-file.ts";
import { declaredFields, maskedOptions, unmaskedOptions } from "../src/config/masking.ts";
import { plansOf } from "../src/workers/plan.ts";
import type { Roster } from "../src/workers/roster.ts";

const field = { type: "text", doc: "" } as const;
const classes: ClassLoader = {
  load: (name) => {
    const fields = {
      Channel: {
        pin: { ...field, secret: true },
        accounts: {
          type: "list",
          of: { type: "section", fields: { pin: { ...field, secret: true }, id: field } },
          doc: "",
        },
        pins: { type: "dict", of: { ...field, secret: true }, doc: "" },
      },
      Middle: { pin: { ...field, secret: true } },
      Router: { door: { ...field, secret: true } },
    }[name];
    if (fields === undefined) return Promise.reject(new Error("no such class"));
    return Promise.resolve(
      Object.assign(
        class {
          readonly name = name;
        },
        { fields },
      ) as unknown as LoadedClass,
    );
  },
};
const config = {
  pin: "1234",
  number: "5678",
  url: "https://me:my%40secret@example.com/?q=1&api_key=topsecret",
  accounts: [
    { id: "a", pin: "1111" },
    { id: "b", pin: "2222" },
  ],
  pins: { one: "3333" },
  middleware: [{ guard: { class: "Middle" } }, { lost: "NoSuchClass" }],
  guard: { pin: "4444", name: "door" },
  router_class: "Router",
  door: "open sesame",
  nested: { password: "5555", empty_password: "" },
};
const shown = {
  ...config,
  pin: "********",
  url: "https://me:********@example.com/?q=1&api_key=********",
  accounts: [
    { id: "a", pin: "********" },
    { id: "b", pin: "********" },
  ],
  pins: { one: "********" },
  guard: { pin: "********", name: "door" },
  door: "********",
  nested: { password: "********", empty_password: "" },
};

it("masks what the worker's class, its router's and its middleware's declare as secret, what is called like one, and passwords in URLs", async () => {
  const fields = await declaredFields({ className: "Channel", config }, classes);
  expect(maskedOptions(config, fields)).toEqual(shown);
  expect(unmaskedOptions(shown, config)).toEqual(config);
});

it("gives what is still masked its present value, also when lists were changed around it", () => {
  const given = {
    ...shown,
    url: "https://me:********@example.com/?q=1&api_key=********",
    accounts: [
      { id: "c", pin: "9999" },
      { id: "b", pin: "********" },
    ],
    pin: "new",
  };
  expect(unmaskedOptions(given, config)).toMatchObject({
    pin: "new",
    url: config.url,
    accounts: [
      { id: "c", pin: "9999" },
      { id: "b", pin: "2222" },
    ],
  });
  expect(unmaskedOptions({ url: "https://other:pass@example.com" }, config)).toEqual({
    url: "https://other:pass@example.com",
  });
});

const text = `# Ours.
gateway: { data: var }
bus: { driver: amqp, url: "amqp://user:pass-one@host/" } # the broker
shared: &shared
  identities: { nomsa: pass-two }
workers:
  # the old channel
  old:
    class: OldSimpleHttpTransport
    config:
      transport_name: old
      web_path: /old
      web_port: 0
      <<: *shared
  relay:
    class: HTTPRelayApplication
    config: { transport_name: relay, url: "http://me:pass-three@host/in", password: pass-four }
`;

it("exports the file with its comments and without secrets, wherever they stand", async () => {
  const folder = tempFolder();
  const path = join(folder, "switchboard.yaml");
  await writeFile(path, text);
  const file = await loadGatewayFile(path);
  const plans = await plansOf(file);
  const roster = {
    workers: plans.map((plan) => ({ plan })),
    isWanted: () => true,
  } as unknown as Roster;
  const sources = { current: { file }, roster, classes: builtInClasses() };
  const exported = await exportConfig(sources, { secrets: false });
  expect(exported).not.toMatch(/pass-(one|two|three|four)/);
  expect(exported).toContain('url: "amqp://user:********@host/" } # the broker');
  expect(exported).toContain("# the old channel\n  old:");
  expect(exported).toContain("http://me:********@host/in");
  expect(await exportConfig(sources, { secrets: true })).toBe(text);
});
