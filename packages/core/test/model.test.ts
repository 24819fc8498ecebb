// Random programs against the dispatcher and against the reference model: the same letters start, in the same order, and end the same.

import { DEFERRED, Dispatcher, type Id, type MessageListener, SwitchboardError } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { outcomeOf, promiseEnds } from "./kit.ts";
import { type Outcome, ReferenceModel } from "./reference-model.ts";

const names = ["ann", "bob", "eve"];
const maxQueued = 3;

/** A dispatcher whose listeners do what the test says, letter by letter. */
class Real {
  readonly clock = new TestClock();
  readonly dispatcher = new Dispatcher({ clock: this.clock, maxQueued, onError: () => undefined });
  readonly started = new Map<string, number[]>();
  readonly listeners = new Map(names.map((name) => [name, this.#listener(name)]));
  readonly asked = new Map<number, { state: () => unknown; abort: AbortController }>();
  readonly open: { name: string; tag: number; id: Id; end: ReturnType<typeof promiseEnds> }[] = [];

  #listener(name: string): MessageListener {
    const handleMessage = ({ content, id }: { content: unknown; id: Id }): unknown => {
      const tag = content as number;
      this.started.set(name, [...(this.started.get(name) ?? []), tag]);
      const end = promiseEnds();
      this.open.push({ name, tag, id, end });
      return end.promise;
    };
    return { id: name, handleMessage, handleMessageSync: () => null };
  }

  get(name: string): MessageListener {
    const listener = this.listeners.get(name);
    if (listener === undefined) throw new Error(`no listener ${name}`);
    return listener;
  }

  /** Ends the oldest letter that a listener has open. */
  end(name: string, tag: number | undefined, how: "reply" | "error" | "defer"): void {
    const at = this.open.findIndex((one) => one.name === name && one.tag === tag);
    const [one] = at < 0 ? [] : this.open.splice(at, 1);
    if (how === "error") one?.end.reject(new Error(name));
    else one?.end.resolve(how === "defer" ? DEFERRED : "reply");
  }
}

/** What became of a letter, in the model's words. */
function inWords(tag: number, state: unknown): Outcome {
  if (state === "waiting") return "waiting";
  if (typeof state !== "object" || state === null || !("error" in state)) return `reply ${tag}`;
  const { error } = state;
  if (error === "aborted") return "aborted";
  if (!(error instanceof SwitchboardError)) return `error ${(error as Error).message}`;
  const words: Readonly<Record<string, Outcome>> = {
    KERNEL_UNDELIVERABLE: "undeliverable",
    KERNEL_QUEUE_FULL: "full",
    KERNEL_TIMEOUT: "timeout",
    KERNEL_SHUT_DOWN: "shut down",
  };
  return words[error.code] ?? `error ${error.code}`;
}

interface Pair {
  readonly model: ReferenceModel;
  readonly real: Real;
}
type Run = (pair: Pair, tag: number) => void;

/** Something that happens in both worlds; `text` tells of it when a program fails. */
class Step {
  readonly text: string;
  readonly run: Run;

  constructor(text: string, run: Run) {
    this.text = text;
    this.run = run;
  }

  [fc.toStringMethod](): string {
    return this.text;
  }
}

interface Letter {
  readonly to: { readonly destination: string } | { readonly group: string };
  readonly asked: boolean;
  readonly blocking: boolean;
  readonly timeoutMs: number;
}

const name = fc.constantFrom(...names);
const group = fc.constantFrom("crowd", "staff");
const timeoutMs = fc.constantFrom(5, 10, 50, 1000);
const send: fc.Arbitrary<Letter> = fc.record({
  to: fc.oneof(
    { weight: 3, arbitrary: fc.record({ destination: name }) },
    { weight: 1, arbitrary: fc.record({ group }) },
  ),
  asked: fc.boolean(),
  blocking: fc.boolean(),
  timeoutMs,
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: send.map((letter) => new Step(`send ${JSON.stringify(letter)}`, sendBoth(letter))) },
  {
    weight: 8,
    arbitrary: fc.tuple(name, fc.constantFrom("reply", "error", "defer")).map(([who, how]) => endBoth(who, how)),
  },
  { weight: 3, arbitrary: fc.nat(40).map((tag) => new Step(`respond ${tag}`, respondBoth(tag))) },
  { weight: 2, arbitrary: fc.nat(40).map((tag) => new Step(`abort ${tag}`, abortBoth(tag))) },
  { weight: 2, arbitrary: name.map((who) => new Step(`register ${who}`, registerBoth(who))) },
  { weight: 1, arbitrary: name.map((who) => new Step(`deregister ${who}`, deregisterBoth(who))) },
  { weight: 3, arbitrary: fc.tuple(group, name).map(([id, who]) => new Step(`${who} joins ${id}`, joinBoth(id, who))) },
  {
    weight: 2,
    arbitrary: fc.tuple(group, name).map(([id, who]) => new Step(`${who} leaves ${id}`, leaveBoth(id, who))),
  },
);

function endBoth(who: string, how: "reply" | "error" | "defer"): Step {
  return new Step(`${who}: ${how}`, ({ model, real }) => {
    real.end(who, how === "defer" ? model.defer(who) : model.answer(who, how), how);
  });
}

function registerBoth(who: string): Run {
  return ({ model, real }) => {
    if (!model.destinations.has(who)) real.dispatcher.register(real.get(who));
    model.register(who);
  };
}

function deregisterBoth(who: string): Run {
  return ({ model, real }) => {
    model.deregister(who);
    real.dispatcher.deregister(who);
  };
}

function joinBoth(id: string, who: string): Run {
  return ({ model, real }) => {
    model.join(id, who);
    real.dispatcher.joinGroup(id, real.get(who));
  };
}

function leaveBoth(id: string, who: string): Run {
  return ({ model, real }) => {
    model.leave(id, who);
    real.dispatcher.leaveGroup(id, real.get(who));
  };
}

function sendBoth(letter: Letter): Run {
  return ({ model, real }, tag) => {
    model.send(letter.to, { ...letter, tag });
    const { to, asked, blocking, timeoutMs } = letter;
    const address = "group" in to ? { groupId: to.group } : { destinationId: to.destination };
    const abort = new AbortController();
    const options = asked ? { timeoutMs, signal: abort.signal } : { timeoutMs };
    const sent = real.dispatcher.send(
      { id: tag, content: tag, ...address, responseRequired: asked, blocking },
      options,
    );
    const { state } = outcomeOf(sent);
    if (asked) real.asked.set(tag, { state, abort });
  };
}

function respondBoth(tag: number): Run {
  return ({ model, real }) => {
    model.respond(tag);
    void real.dispatcher.send({ isResponse: true, id: tag });
  };
}

function abortBoth(tag: number): Run {
  return ({ model, real }) => {
    model.abort(tag);
    real.asked.get(tag)?.abort.abort("aborted");
  };
}

function compare({ model, real }: Pair): void {
  expect(Object.fromEntries(real.started)).toEqual(Object.fromEntries(model.started));
  const expected = model.letters.filter(({ asked }) => asked).map(({ tag, outcome }) => [tag, outcome]);
  expect([...real.asked].map(([tag, { state }]) => [tag, inWords(tag, state())])).toEqual(expected);
  const channels = [...model.destinations.values(), ...model.groups.values()];
  expect(real.dispatcher.activity()).toMatchObject({
    activeChannels: channels.filter(({ waiting, holder }) => waiting.length > 0 || holder !== undefined).length,
    queuedMessages: channels.reduce((sum, { waiting }) => sum + waiting.length, 0),
    awaitedResponses: model.letters.filter(({ asked, settled }) => asked && !settled).length,
    listeners: model.destinations.size,
    groups: model.groups.size,
  });
}

it("K20–K34 whatever is sent, answered, aborted, deregistered and shut down, the dispatcher does what the reference model says", async () => {
  const pause = fc.option(timeoutMs, { nil: undefined, freq: 4 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ step, pause }), { maxLength: 40, size: "max" }),
      fc.boolean(),
      async (steps, shutDownAtOnce) => {
        const pair: Pair = { model: new ReferenceModel(maxQueued), real: new Real() };
        const { model, real } = pair;
        for (const who of names) {
          model.register(who);
          real.dispatcher.register(real.get(who));
        }
        for (const [tag, { step: one, pause: ms = 0 }] of steps.entries()) {
          one.run(pair, tag);
          await real.clock.advance(0);
          compare(pair);
          model.advance(ms);
          await real.clock.advance(ms);
          compare(pair);
        }
        if (!shutDownAtOnce) {
          model.advance(5000);
          await real.clock.advance(5000);
          compare(pair);
        }
        model.shutDown();
        await real.dispatcher.shutdown();
        await real.clock.advance(0);
        compare(pair);
        expect(real.clock.pendingTimers).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});
