// A real gateway in a process of its own, the console as it ships, Debian's Chromium, and a client that looks on. Its channels are a loopback
// network for SMS and USSD and an HTTP interface; no rule of its router fits what begins with another word than clinic, hello or the code.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "@switchboard/client";
import { connect } from "@switchboard/client/node";
import { builtFile, freePort, type NodeProcess, spawnNode, TcpProxy, tempFolder } from "@switchboard/testkit";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { builtConsole } from "./build.ts";
import { chromiumArgs, chromiumPath } from "./browser.ts";

const main = builtFile("packages/cli/dist/main.js");

/** What a gateway prints when it has started. */
interface Report {
  readonly login_link: string;
  readonly programs: string;
  readonly password_file: string;
}

/** A gateway that runs, and what looks at it. */
export interface RealGateway {
  readonly browser: Browser;
  /** Of the console, through the proxy. */
  readonly url: string;
  /** Between the browser and the gateway: cuts and refuses. */
  readonly proxy: TcpProxy;
  /** Logged in as the first administrator, beside the browser. */
  readonly client: Client;
  readonly password: string;
  /** Printed at the latest start; works once. */
  readonly loginLink: string;
  /** Makes another link for the first administrator, as `switchboard login-link` does. */
  newLink(): Promise<string>;
  /** Opens a page of the console; with `token` signed in already. */
  open(path: string, options?: BrowserContextOptions & { readonly token?: string }): Promise<Page>;
  /** Writes a message as a person does; resolves with its id. */
  write(content: string, options?: { readonly channel?: string; readonly person?: string }): Promise<string>;
  /** Asks over HTTP, as `curl` does; resolves with the answer. */
  ask(content: string, person?: string): Promise<string>;
  /**
   * Kills it as a crash does, and starts it again on the same ports and files. Clients are let in at once, but what it offers comes only after
   * `whileStarting` has been done.
   */
  restart(whileStarting?: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Starts it all. */
export async function openRealGateway(): Promise<RealGateway> {
  const folder = tempFolder();
  const [control, console, web, site] = await Promise.all([freePort(), freePort(), freePort(), builtConsole(false)]);
  const file = join(folder, "switchboard.yaml");
  const hold = join(folder, "hold");
  writeFileSync(file, configuration({ control, console, web, site }));
  mkdirSync(join(folder, "plugins"));
  writeFileSync(join(folder, "plugins", "a-slow-one.mjs"), slowPlugin(hold));
  const start = async (): Promise<{ process: NodeProcess; report: Report }> => {
    const process = spawnNode(main, ["start", file, "--json"]);
    const { value } = await process.lines.next();
    if (typeof value !== "string") throw new Error(process.stderr());
    return { process, report: JSON.parse(value) as Report };
  };
  let running = await start();
  const password = readFileSync(running.report.password_file, "utf8").trim();
  const proxy = await TcpProxy.start({ targetPort: console });
  const url = `http://127.0.0.1:${proxy.port}`;
  const client = await connect({ url: running.report.programs, login: { username: "root", password } });
  const browser = await chromium.launch({ executablePath: chromiumPath, args: [...chromiumArgs] });
  return {
    browser,
    url,
    proxy,
    client,
    password,
    get loginLink() {
      return url + new URL(running.report.login_link).pathname;
    },
    newLink: async () => `${url}/login/once/${String(await client.call("auth.create_link", [null]))}`,
    open: async (path, { token, ...options } = {}) => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB", ...options });
      if (token !== undefined)
        await context.addInitScript((value) => {
          localStorage.setItem("switchboard.token", value);
          localStorage.setItem("switchboard.welcome", "done");
        }, token);
      const page = await context.newPage();
      await page.goto(url + path);
      return page;
    },
    write: async (content, { channel = "sms", person = "+27820001122" } = {}) =>
      (await client.call("send.in", [{ channel, from_addr: person, content, test: true }])) as string,
    ask: async (content, person = "curl") =>
      (await fetch(`http://127.0.0.1:${web}/messages?${new URLSearchParams({ content, from_addr: person })}`)).text(),
    restart: async (whileStarting) => {
      await running.process.kill();
      if (whileStarting !== undefined) writeFileSync(hold, "");
      const starting = start();
      await whileStarting?.();
      rmSync(hold, { force: true });
      running = await starting;
      await client.ready();
    },
    close: async () => {
      await browser.close();
      await client.close();
      proxy.close();
      await running.process.kill();
    },
  };
}

interface Choices {
  readonly control: number;
  readonly console: number;
  readonly web: number;
  readonly site: string;
}

function configuration({ control, console, web, site }: Choices): string {
  return `gateway: { name: clinic-line, environment: trial }
dispatcher: { websocket-port: ${control}, frontend-port: ${console}, static-dir: ${JSON.stringify(site)}, plugin-dirs: [plugins] }
workers:
  sms:
    class: LoopbackTransport
    label: Text messages
    config: { transport_name: sms, kind: sms, address: "8002", publish_status: true }
  ussd:
    class: LoopbackTransport
    label: Dialled menu
    config: { transport_name: ussd, kind: ussd, address: "*120*1#", publish_status: true }
  web:
    class: HttpApiTransport
    label: HTTP
    try: 'curl "localhost:${web}/messages?content=hello"'
    config:
      transport_name: web
      web_host: 127.0.0.1
      web_port: ${web}
      web_path: /messages
      reply_expected: true
      allowed_fields: [content, from_addr, session_event]
      field_defaults: { to_addr: "8001", from_addr: curl, transport_type: http }
      publish_status: true
  words:
    class: BaseDispatchWorker
    label: First word
    config:
      router_class: ContentKeywordRouter
      dispatcher_name: words
      transport_names: [sms, ussd, web]
      exposed_names: [menu, echo]
      rules:
        - { app: menu, keyword: "*120*1#" }
        - { app: echo, keyword: clinic }
        - { app: echo, keyword: hello }
      session_expiry: 300
      transport_mappings: { "8002": sms, "*120*1#": ussd, "8001": web }
  menu:
    class: DecisionTreeWorker
    label: A small menu
    config:
      transport_name: menu
      tree:
        start: { text: "What would you like to know?", answers: [{ text: "What this is", next: what }, { text: "Nothing", next: bye }] }
        what: { text: "A menu with a session. Goodbye." }
        bye: { text: "As you like." }
  echo: { class: EchoWorker, label: Echo, config: { transport_name: echo } }
`;
}

/** A plugin that has started when a file is gone. */
function slowPlugin(hold: string): string {
  return `import { existsSync, watchFile } from "node:fs";
export default {
  name: "a-slow-one",
  start: () => new Promise((resolve) => {
    const look = () => void (existsSync(${JSON.stringify(hold)}) || resolve());
    watchFile(${JSON.stringify(hold)}, { interval: 50, persistent: false }, look);
    look();
  }),
};
`;
}
