// How routing one message depends on the number of rules: the keyword router with 10 and 10,000 rules, the to-address router with 10 and 1,000 patterns,
// that begin differently (an index finds them) and that do not (each is tried).

import { silentLogger, systemClock } from "@switchboard/core";
import { copyMessage, createUserMessage, type RouterContext, type UserMessage } from "@switchboard/messaging";
import { ConfigSource, fieldsOf, readConfig } from "@switchboard/messaging/config";
import { ContentKeywordRouter, ToAddrRouter } from "@switchboard/messaging/routers";
import { openKeyValue } from "@switchboard/storage";
import { type Contender, header, race } from "./harness.ts";

const keyValue = await openKeyValue({ driver: "memory", clock: systemClock });
let published: string[] = [];
const context: RouterContext = {
  transportNames: ["t"],
  exposedNames: ["app0", "app1"],
  keyValue,
  clock: systemClock,
  logger: silentLogger,
  publishInbound: (name) => {
    published.push(name);
    return Promise.resolve();
  },
  publishEvent: () => Promise.resolve(),
  publishOutbound: () => Promise.resolve(),
};

header("messaging-routers");
await race({
  title: "keyword router, one message",
  operations: 100_000,
  rounds: 9,
  contenders: [await keywordRouter(10), await keywordRouter(10_000)],
  targets: [{ of: "10,000 rules", against: "10 rules", atLeast: 0.8 }],
});
const differently = (n: number): string => `27${String(n).padStart(5, "0")}\\d+`;
const alike = (n: number): string => `.*${String(n).padStart(5, "0")}$`;
await race({
  title: "to-address router, patterns that begin differently, one message",
  operations: 100_000,
  contenders: [
    await toAddrRouter("10 patterns", 10, differently),
    await toAddrRouter("1,000 patterns", 1_000, differently),
  ],
  targets: [{ of: "1,000 patterns", against: "10 patterns", atLeast: 0.8 }],
});
await race({
  title: "to-address router, patterns that begin alike, one message",
  operations: 1_000,
  contenders: [await toAddrRouter("10 patterns", 10, alike), await toAddrRouter("1,000 patterns", 1_000, alike)],
});
await keyValue.close();

async function keywordRouter(count: number): Promise<Contender> {
  const rules = Array.from({ length: count }, (_, n) => ({ app: `app${n % 2}`, keyword: `word${n}` }));
  const source = new ConfigSource({ dispatcher_name: "d", rules, transport_mappings: {} });
  const router = new ContentKeywordRouter((await readConfig(fieldsOf(ContentKeywordRouter), source)) as never, context);
  const messages = Array.from({ length: 10 }, (_, n) => message({ content: `WORD${n * (count / 10)} and more` }));
  return contender(`${count.toLocaleString("en")} rules`, messages, (one) => router.dispatchInbound(one));
}

async function toAddrRouter(name: string, count: number, patternOf: (n: number) => string): Promise<Contender> {
  const mappings = Object.fromEntries(Array.from({ length: count }, (_, n) => [`app${n}`, patternOf(n)]));
  const source = new ConfigSource({ toaddr_mappings: mappings });
  const router = new ToAddrRouter((await readConfig(fieldsOf(ToAddrRouter), source)) as never, context);
  const addresses = Array.from({ length: 10 }, (_, n) => String(n * (count / 10)).padStart(5, "0"));
  const messages = addresses.map((digits) =>
    message({ to_addr: patternOf === alike ? `27${digits}` : `27${digits}1` }),
  );
  return contender(name, messages, (one) => router.dispatchInbound(one));
}

function contender(
  name: string,
  messages: readonly UserMessage[],
  route: (one: UserMessage) => Promise<void>,
): Contender {
  return {
    name,
    async check() {
      published = [];
      for (const one of messages) await route(copyMessage(one));
      if (published.length !== messages.length)
        throw new Error(`${name}: ${published.length} of ${messages.length} found`);
    },
    async run(operations) {
      published = [];
      for (let done = 0; done < operations; done++) await route(messages[done % messages.length] as UserMessage);
      if (published.length !== operations) throw new Error(`${name} missed messages`);
    },
  };
}

function message(fields: { readonly content?: string; readonly to_addr?: string }): UserMessage {
  const base = { to_addr: "8000", from_addr: "+27831", transport_name: "t", transport_type: "sms", content: "hi" };
  return createUserMessage({ ...base, ...fields });
}
