// The kernel against what people use instead, and against the least that could do the same work.

import { EventEmitter } from "node:events";
import { BasicMessageListener, Dispatcher, Message, type MessageFields, type MessageListener } from "@switchboard/core";
import Emittery from "emittery";
import { EventEmitter as EventEmitter3 } from "eventemitter3";
import { ServiceBroker } from "moleculer";
import { BareLoop, LinearListener } from "./kernel-limits.ts";
import { type Contender, fact, header, race } from "./harness.ts";

interface Plain {
  readonly type: string;
  readonly destinationId: string;
  readonly content: number;
}

// A power of two, so that loops can pick by `&`.
const count = 64;
const ids = Array.from({ length: count }, (_, index) => `listener-${index}`);
const idAt = (index: number): string => ids[index & (count - 1)] ?? "";

/** A listener that answers with the message's content. */
function echo(id?: string): MessageListener {
  return { id, handleMessage: ({ content }) => content, handleMessageSync: ({ content }) => content };
}

function mustBe(got: unknown, expected: unknown, who: string): void {
  if (got !== expected) throw new Error(`${who}: expected ${String(expected)}, got ${String(got)}`);
}

/** Keeps `width` requests in flight; each must bring its own number back. */
function inFlight(name: string, width: number, request: (index: number) => Promise<unknown>): Contender {
  const run = async (operations: number): Promise<void> => {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < operations) {
        const index = next++;
        mustBe(await request(index), index, name);
      }
    };
    await Promise.all(Array.from({ length: width }, worker));
  };
  return { name, check: () => run(2 * width), run };
}

async function oneListener(): Promise<void> {
  const map = new Map<string, (message: Plain) => unknown>();
  const node = new EventEmitter();
  const three = new EventEmitter3();
  const dispatcher = new Dispatcher();
  let heard: unknown;
  for (const id of ids) {
    map.set(id, ({ content }) => content);
    node.on(id, ({ content }: Plain) => (heard = content));
    three.on(id, ({ content }: Plain) => (heard = content));
    dispatcher.register(echo(id));
  }
  const plain: readonly Plain[] = ids.map((destinationId, content) => ({ type: "echo", destinationId, content }));
  const prepared = plain.map((fields) => new Message(fields));
  const [first, firstPrepared] = [plain[7], prepared[7]] as [Plain, Message];
  // Each has a loop of its own, so that none runs code that was optimised for another.
  await race({
    title: "synchronous message to one of 64 listeners, message prepared",
    operations: 3_000_000,
    rounds: 15,
    contenders: [
      {
        name: "Map + call",
        check: () => mustBe(map.get(first.destinationId)?.(first), 7, "Map + call"),
        run(operations) {
          for (let index = 0; index < operations; index++) {
            const message = plain[index & (count - 1)] as Plain;
            heard = (map.get(message.destinationId) as (message: Plain) => unknown)(message);
          }
        },
      },
      {
        name: "EventEmitter",
        check: () => mustBe((node.emit(first.destinationId, first), heard), 7, "EventEmitter"),
        run(operations) {
          for (let index = 0; index < operations; index++) {
            const message = plain[index & (count - 1)] as Plain;
            node.emit(message.destinationId, message);
          }
        },
      },
      {
        name: "eventemitter3",
        check: () => mustBe((three.emit(first.destinationId, first), heard), 7, "eventemitter3"),
        run(operations) {
          for (let index = 0; index < operations; index++) {
            const message = plain[index & (count - 1)] as Plain;
            three.emit(message.destinationId, message);
          }
        },
      },
      {
        name: "sendSync",
        check: () => mustBe(dispatcher.sendSync(firstPrepared), 7, "sendSync"),
        run(operations) {
          for (let index = 0; index < operations; index++) {
            heard = dispatcher.sendSync(prepared[index & (count - 1)] as Message);
          }
        },
      },
    ],
    targets: [
      { of: "sendSync", against: "Map + call", atLeast: 0.75 },
      { of: "sendSync", against: "EventEmitter", atLeast: 1 },
    ],
  });
  // In a race of its own: afterwards sendSync expects either kind of message, which costs the prepared ones a little.
  await race({
    title: "the same, message made each time",
    operations: 2_000_000,
    rounds: 9,
    contenders: [
      {
        name: "new Message",
        run(operations) {
          for (let index = 0; index < operations; index++) heard = new Message(plain[index & (count - 1)] as Plain);
        },
      },
      {
        name: "sendSync",
        check: () => mustBe(dispatcher.sendSync(first), 7, "sendSync"),
        run(operations) {
          for (let index = 0; index < operations; index++) {
            heard = dispatcher.sendSync(plain[index & (count - 1)] as Plain);
          }
        },
      },
    ],
  });
}

async function groupOfTen(): Promise<void> {
  const node = new EventEmitter();
  const three = new EventEmitter3();
  const dispatcher = new Dispatcher();
  let sum = 0;
  for (let member = 0; member < 10; member++) {
    node.on("group", ({ content }: Plain) => (sum += content));
    three.on("group", ({ content }: Plain) => (sum += content));
    const handle = ({ content }: Message): unknown => (sum += content as number);
    dispatcher.joinGroup("group", { handleMessage: handle, handleMessageSync: handle });
  }
  const plain = { content: 1 };
  const prepared = new Message({ groupId: "group", content: 1 });
  const adds = (send: () => void) => (): void => {
    sum = 0;
    send();
    mustBe(sum, 10, "group of ten");
  };
  await race({
    title: "synchronous message to a group of ten",
    operations: 1_000_000,
    rounds: 15,
    contenders: [
      {
        name: "EventEmitter",
        check: adds(() => node.emit("group", plain)),
        run(operations) {
          for (let index = 0; index < operations; index++) node.emit("group", plain);
        },
      },
      {
        name: "eventemitter3",
        check: adds(() => three.emit("group", plain)),
        run(operations) {
          for (let index = 0; index < operations; index++) three.emit("group", plain);
        },
      },
      {
        name: "sendSync",
        check: adds(() => dispatcher.sendSync(prepared)),
        run(operations) {
          for (let index = 0; index < operations; index++) dispatcher.sendSync(prepared);
        },
      },
    ],
    targets: [{ of: "sendSync", against: "EventEmitter", atLeast: 1 }],
  });
}

/** A message that asks a listener for its content. */
function ask(content: number): MessageFields {
  return { type: "echo", destinationId: idAt(content), content, responseRequired: true };
}

async function requestAndReply(width: number): Promise<void> {
  const bare = new BareLoop();
  const dispatcher = new Dispatcher();
  const emittery = new Emittery();
  const broker = new ServiceBroker({ logger: false, requestTimeout: 5000 });
  let heard: unknown;
  for (const id of ids) {
    bare.listeners.set(id, (content) => content);
    dispatcher.register(echo(id));
    emittery.on(id, (data) => void (heard = data));
    broker.createService({
      name: id,
      actions: { echo: ({ params }: { params: { content: number } }) => params.content },
    });
  }
  await broker.start();
  const timeout = { timeoutMs: 5000 };
  await race({
    title: `asynchronous request and reply, ${width} in flight`,
    operations: 100_000,
    rounds: 9,
    contenders: [
      inFlight("Map + queue + pending table, no timeout", width, (index) => bare.request(idAt(index), index)),
      // An emitter has no replies: this is the listener's side effect, read when emit resolves.
      inFlight("emittery, no reply, no timeout", width, async (index) => {
        await emittery.emit(idAt(index), index);
        return width === 1 ? heard : index;
      }),
      inFlight("moleculer, requestTimeout", width, (content) => broker.call(`${idAt(content)}.echo`, { content })),
      inFlight("send, no timeout", width, (index) => dispatcher.send(ask(index))),
      inFlight("send, timeoutMs", width, (index) => dispatcher.send(ask(index), timeout)),
    ],
    targets: [
      { of: "send, timeoutMs", against: "moleculer, requestTimeout", atLeast: 2.5 },
      { of: "send, timeoutMs", against: "Map + queue + pending table, no timeout", atLeast: 0.6 },
    ],
  });
  await broker.stop();
  await dispatcher.shutdown();
}

async function filterTable(): Promise<void> {
  const flat = [1, 16, 1000].map((size) =>
    tableOf(`${size} entries, one type in use`, size, 1, new BasicMessageListener("table")),
  );
  await race({
    title: "filtering table, entries on type: the same messages, more entries",
    operations: 2_000_000,
    rounds: 15,
    contenders: flat,
    targets: ["16 entries, one type in use", "1000 entries, one type in use"].map((of) => ({
      of,
      against: "1 entries, one type in use",
      atLeast: 0.8,
    })),
  });
  await race({
    title: "filtering table, all entries in use, against walking the rows",
    operations: 500_000,
    rounds: 11,
    contenders: [
      tableOf("linear, 16 entries", 16, 16, new LinearListener("table")),
      tableOf("indexed, 16 entries", 16, 16, new BasicMessageListener("table")),
      tableOf("indexed, 1000 entries", 1000, 1000, new BasicMessageListener("table")),
    ],
    targets: [{ of: "indexed, 16 entries", against: "linear, 16 entries", atLeast: 3 }],
  });
}

/** A listener with `size` entries on type, of which messages use the last `used`. */
function tableOf(name: string, size: number, used: number, listener: BasicMessageListener | LinearListener): Contender {
  const types = Array.from({ length: size }, (_, index) => `type-${index}`);
  for (const [index, type] of types.entries()) listener.add({ match: { type }, callback: () => index });
  const dispatcher = new Dispatcher();
  dispatcher.register(listener);
  const messages = Array.from({ length: 1024 }, (_, index) => {
    const content = size - 1 - ((index * 7) % used);
    return new Message({ type: types[content] ?? "", destinationId: "table", content });
  });
  return {
    name,
    check() {
      for (const message of messages) mustBe(dispatcher.sendSync(message), message.content, name);
    },
    run(operations) {
      for (let index = 0; index < operations; index++) dispatcher.sendSync(messages[index & 1023] as Message);
    },
  };
}

async function aMillion(): Promise<void> {
  const million = 1_000_000;
  const few = populated(count);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const many = populated(million);
  globalThis.gc?.();
  const bytes = (process.memoryUsage().heapUsed - before) / million;
  const prepared = ids.map((destinationId, content) => new Message({ destinationId, content }));
  const groups = ids.map((groupId, content) => new Message({ groupId, content }));
  const sync = (name: string, dispatcher: Dispatcher, messages: readonly Message[], expected: unknown): Contender => ({
    name,
    check: () => mustBe(dispatcher.sendSync(messages[7] as Message), expected, name),
    run(operations) {
      for (let index = 0; index < operations; index++) dispatcher.sendSync(messages[index & (count - 1)] as Message);
    },
  });
  await race({
    title: "64 destinations in use, among few and among a million: synchronous",
    operations: 2_000_000,
    rounds: 11,
    contenders: [
      mapOf("Map + call, 64", count, prepared),
      mapOf("Map + call, a million", million, prepared),
      sync("listener among 64", few, prepared, 7),
      sync("listener among a million", many, prepared, 7),
      sync("group among 64", few, groups, undefined),
      sync("group among a million", many, groups, undefined),
    ],
    targets: [
      { of: "listener among a million", against: "listener among 64", atLeast: 0.8 },
      { of: "group among a million", against: "group among 64", atLeast: 0.8 },
    ],
  });
  await race({
    title: "the same: asynchronous request and reply, 256 in flight",
    operations: 200_000,
    rounds: 9,
    contenders: [
      inFlight("listener among 64", 256, (index) => few.send(ask(index))),
      inFlight("listener among a million", 256, (index) => many.send(ask(index))),
    ],
    targets: [{ of: "listener among a million", against: "listener among 64", atLeast: 0.8 }],
  });
  fact("memory per listener with an id and a group of its own", `${Math.round(bytes)} bytes`);
}

/** A Map of as many functions, of which the messages need 64. */
function mapOf(name: string, size: number, messages: readonly Message[]): Contender {
  const map = new Map<unknown, (message: Message) => unknown>();
  for (let index = 0; index < size; index++) {
    map.set(idAmong(size, index), ({ content }) => content);
  }
  let heard: unknown;
  return {
    name,
    check: () => mustBe(map.get(idAt(7))?.(messages[7] as Message), 7, name),
    run(operations) {
      for (let index = 0; index < operations; index++) {
        const message = messages[index & (count - 1)] as Message;
        heard = map.get(message.destinationId)?.(message);
      }
      void heard;
    },
  };
}

/** A dispatcher with as many listeners, each with an id of its own and alone in a group. */
/**
 * The id of listener `index` of `size`. Those in use are spread evenly among the others, and no id is a joined string: V8 takes twice as long to
 * look up one of those (13 characters or more), however few there are.
 */
function idAmong(size: number, index: number): string {
  const every = size / count;
  return index % every === 0 ? idAt(index / every) : String(1_000_000_000 + index);
}

function populated(size: number): Dispatcher {
  const dispatcher = new Dispatcher();
  for (let index = 0; index < size; index++) {
    const id = idAmong(size, index);
    const listener = new Echo(id);
    dispatcher.register(listener);
    dispatcher.joinGroup(id, listener);
  }
  return dispatcher;
}

class Echo implements MessageListener {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  handleMessage({ content }: Message): unknown {
    return content;
  }

  handleMessageSync({ content }: Message): unknown {
    return content;
  }
}

header("kernel", ["eventemitter3", "emittery", "moleculer"]);
await oneListener();
await groupOfTen();
await requestAndReply(1);
await requestAndReply(256);
await filterTable();
await aMillion();
