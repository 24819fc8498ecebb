import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { tempFolder } from "@switchboard/testkit";
import { expect, it } from "vitest";
import { checkGatewayFile } from "../src/config/check-file.ts";
import { tryOutFile } from "../src/config/gateway-file.ts";

async function check(text: string): Promise<string[]> {
  const folder = tempFolder();
  writeFileSync(join(folder, "old.yaml"), "twisted_endpoint: tpc:1\ntransport_name: old\n");
  writeFileSync(join(folder, "gateway.yaml"), text);
  const { problems } = await checkGatewayFile(join(folder, "gateway.yaml"));
  return problems.map(({ worker, text: problem }) => `${worker ?? "-"} ${problem.replaceAll(`${folder}/`, "")}`);
}

it("finds nothing wrong with the try-out", async () => {
  const { name } = await tryOutFile(tempFolder());
  const found = await checkGatewayFile(name);
  expect(found.problems).toEqual([]);
  expect(found.workers).toBeGreaterThan(4);
});

it("lists everything that is wrong with all workers, each with its file and line", async () => {
  const found = await check(`workers:
  a: { class: EchoWorkr, config: { transport_name: app } }
  b:
    class: TelnetServerTransport
    config-file: old.yaml
  c:
    class: TelnetServerTransport
    config-file: old.yaml
    config: { twisted_endpoint: "tcp:99999" }
`);
  expect(found).toHaveLength(3);
  expect(found[0]).toBe("a gateway.yaml:2: class: there is no class EchoWorkr; did you mean EchoWorker?");
  expect(found[1]).toMatch(/^b old\.yaml:1: twisted_endpoint: expected a server endpoint .*did you mean "tcp:1"\?$/);
  expect(found[2]).toMatch(/^c gateway\.yaml:9: twisted_endpoint: /);
});

it("tells misspelt names of optional settings, of the file and of workers, which are no reason to refuse it", async () => {
  const path = join(tempFolder(), "gateway.yaml");
  writeFileSync(
    path,
    'stroe: {}\ndispatcher: { plugin-dirs: [nowhere] }\nworkers:\n  a: { class: StaticReplyApplication, config: { transport_name: a, reply_txt: x } }\n  b: { class: LoopbackTransport, config: { transport_name: a, kind: sms, address: "1" } }\n',
  );
  const { problems, warnings } = await checkGatewayFile(path);
  expect(problems).toEqual([]);
  expect(warnings).toEqual([
    { worker: undefined, text: `${path}:1:1 stroe: no field of this name; did you mean store?` },
    { worker: undefined, text: `plugin-dirs: there is no folder ${join(dirname(path), "nowhere")}` },
    { worker: "a", text: `${path}:4:68 reply_txt: no field of this name; did you mean reply_text?` },
  ]);
});

it("says where a middleware is wrong, in the list and in its own section", async () => {
  const phones = (middleware: string): string => `workers:
  phones:
    class: TelnetServerTransport
    config:
      transport_name: phones
      twisted_endpoint: tcp:0
      middleware:
        - ascii: UnidecoderMiddleware
        - ${middleware}
      mine: { translations: 5 }
`;
  expect(await check(phones("mine: TaggingMidleware"))).toEqual([
    "phones gateway.yaml:9: middleware.mine.class: there is no class TaggingMidleware; did you mean TaggingMiddleware?",
  ]);
  expect(await check(phones("mine: EchoWorker"))).toEqual([
    "phones gateway.yaml:9: middleware.mine.class: EchoWorker is not a middleware: it is a worker",
  ]);
  expect(await check(phones("mine: StaticProviderSettingMiddleware"))).toEqual([
    expect.stringMatching(/^phones gateway\.yaml:10: mine\.provider: /),
  ]);
});

async function hints(text: string): Promise<string[]> {
  const path = join(tempFolder(), "gateway.yaml");
  writeFileSync(path, text);
  const { problems, warnings } = await checkGatewayFile(path);
  expect(problems).toEqual([]);
  return warnings.map(({ worker, text: warning }) => `${worker ?? "-"} ${warning.replace(`${dirname(path)}/`, "")}`);
}

it("tells of workers that nobody is connected with, and of those in each other's way, which are no reason to refuse it", async () => {
  const workers = `workers:
  web: { class: HttpApiTransport, config: { transport_name: web, web_port: 8123, web_path: /m } }
  again: { class: HttpApiTransport, config: { transport_name: web, web_port: 8124, web_path: /n } }
  phones: { class: TelnetServerTransport, config: { transport_name: phones, twisted_endpoint: "tcp:port=8123" } }
  words:
    class: BaseDispatchWorker
    config:
      router_class: ToAddrRouter
      dispatcher_name: words
      transport_names: [web, phnes]
      exposed_names: [echo, nobody]
      toaddr_mappings: { echo: "1" }
  echo: { class: EchoWorker, config: { transport_name: echo } }
  hangman: { class: StaticReplyApplication, config: { transport_name: hang, reply_text: x } }
`;
  const wrong = [
    "again gateway.yaml:3: transport_name: web is called web as well, so each sends some of the answers to the other's people",
    "phones gateway.yaml:4: twisted_endpoint: web listens on port 8123 as well; only one of them can on the same address",
  ];
  const loose = [
    "phones gateway.yaml:4: transport_name: nobody reads phones.inbound, where messages wait that this channel sends there; did you mean phnes?",
    "words gateway.yaml:11: exposed_names: nobody reads nobody.inbound, where messages wait that this router sends there",
    "words gateway.yaml:10: transport_names: no channel is called phnes, and no router exposes it, so no message will come from there; did you mean phones?",
    "hangman gateway.yaml:14: transport_name: no channel is called hang, and no router exposes it, so no message will come from there",
  ];
  expect(await hints(workers)).toEqual([...wrong, ...loose]);
  // Whoever is missing may be another process.
  expect(await hints(`${workers}bus: { driver: amqp, url: "amqp://localhost" }\n`)).toEqual(wrong);
});

it("knows whether there will be a message store to serve", async () => {
  const worker = `workers: { exports: { class: MessageStoreResourceWorker, config: { web_path: /e, twisted_endpoint: "tcp:8201:interface=127.0.0.1" } } }\n`;
  expect(await check(worker)).toEqual([]);
  expect(await check(`store: { enabled: false }\n${worker}`)).toEqual([
    "exports gateway.yaml:2: this process has no message store to serve",
  ]);
});

it("says of addresses of servers that they are none, without showing them", async () => {
  const found = await check(`bus: { driver: amqp, url: "me:hunter2@broker" }
datastore: { driver: postgresql }
keyvalue: { driver: redis, dsn: "http://me:hunter2@cache" }
`);
  expect(found).toEqual([
    "- gateway.yaml:1: bus.url: expected an address that begins with amqp:// or amqps://",
    "- gateway.yaml:2: datastore.dsn: expected an address that begins with postgresql:// or postgres://",
    "- gateway.yaml:3: keyvalue.dsn: expected an address that begins with redis:// or rediss://",
  ]);
});

it("says what is wrong with the file itself, and with files that it names", async () => {
  expect(await check("bus: { driver: rabbit }")).toEqual([
    expect.stringMatching(/^- gateway\.yaml:1: bus\.driver: expected .*got "rabbit"/),
  ]);
  expect(await check("workers: { a: { class: EchoWorker, config-file: none.yaml } }")).toEqual([
    expect.stringMatching(/^a gateway\.yaml:1: workers\.a\.config-file: none\.yaml: there is no such file$/),
  ]);
  const { problems } = await checkGatewayFile(join(tempFolder(), "nothing.yaml"));
  expect(problems[0]?.text).toContain("there is no such file");
});
