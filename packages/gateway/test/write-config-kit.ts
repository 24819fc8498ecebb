// Gateways on configuration files, and changes made to their workers while they run: what tests of writing them back begin with.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { tempFolder } from "@switchboard/testkit";
import { builtInClasses } from "../src/classes.ts";
import { loadGatewayFile, type GatewayFile } from "../src/config/gateway-file.ts";
import type { FileSources } from "../src/config/write-config.ts";
import type { WorkerHost } from "../src/workers/host.ts";
import { plansOf } from "../src/workers/plan.ts";
import { Roster } from "../src/workers/roster.ts";
import type { PlanStore, StoredPlan } from "../src/workers/stored-plans.ts";

/** A file as a person writes it: comments, blanks and quotes of their own, and secrets. */
export const text = `# Ours: touch with care.
gateway:   { data: var,   name: "clinic" }   # two  blanks
bus: { driver: amqp, url: "amqp://user:pass-one@host/" }


workers:
    # the phone line
    phones:
        class: TelnetServerTransport   # not a Vumi name
        label:  'Phones'
        try: telnet localhost 9010
        config:
            transport_name: phones
            twisted_endpoint: "tcp:0"   # any
            # kept for old clients
            to_addr: "0821"
            password: pass-two

    # looks at the first word
    router:
        class: BaseDispatchWorker
        config:
            router_class: ContentKeywordRouter
            transport_names:  [phones]   # one only
            exposed_names: [echo]
            rules:
            - { app: echo, keyword: "yes" } # people agree
            # and people who do not
            - { app: echo, keyword: "no" }
    # says it again
    echo: {class: EchoWorker,   config: {transport_name: echo}}

    relay:
        class: HTTPRelayApplication
        config: { transport_name: relay, url: "http://me:pass-three@host/in", password: pass-four }
# The end.
other: { of: another program }
`;

/** Where workers "run", and what is kept of plans. */
export class Host implements WorkerHost, PlanStore {
  readonly process = "gateway";
  readonly kept: Map<string, StoredPlan> = new Map();
  starts = 0;
  load = async (): Promise<readonly StoredPlan[]> => [...this.kept.values()];
  save = async (stored: StoredPlan): Promise<void> => void this.kept.set(stored.name, stored);
  forget = async (name: string): Promise<void> => void this.kept.delete(name);
  check = async (): Promise<void> => undefined;
  close = async (): Promise<void> => undefined;
  start: WorkerHost["start"] = async () => {
    this.starts++;
    const done = async (): Promise<void> => undefined;
    return { pid: 1, pause: done, resume: done, stop: done };
  };
}

/** A gateway on a file. */
export interface Running extends FileSources {
  readonly path: string;
  readonly host: Host;
  /** What is on the disk. */
  readonly read: () => Promise<string>;
}

/** Has a gateway read `content` and start its workers. */
export async function start(content: string, host = new Host(), name = "switchboard.yaml"): Promise<Running> {
  const path = join(tempFolder(), name);
  await writeFile(path, content, { mode: 0o640 });
  return open(await loadGatewayFile(path), path, host);
}

/** Has a gateway start with a file that was read. */
export async function open(file: GatewayFile, path: string, host: Host, isStarted = true): Promise<Running> {
  const roster = await Roster.open({
    plans: await plansOf(file),
    store: host,
    hostOf: () => host,
    rules: { minMs: 1_000, maxMs: 1_000, maxRestarts: 3, windowMs: 60_000, startTimeoutMs: 30_000 },
    clock: new TestClock(),
    logger: silentLogger,
  });
  if (isStarted) await roster.startAll();
  return { current: { file }, roster, classes: builtInClasses(), path, host, read: () => readFile(path, "utf8") };
}

/** Changes options of a worker as people do in the console. */
export async function change({ roster, current }: Running, name: string, options: object): Promise<void> {
  const { plan } = roster.get(name);
  const { className, group, label, source } = plan;
  const { folder } = source;
  const config = { ...source.values, ...options };
  await roster.update({ name, className, group, label, config, folder: folder ?? current.file.source.folder });
}
