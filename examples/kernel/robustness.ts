// What goes wrong goes wrong clearly: invalid messages, nobody at home, listeners that leave while they work, a shutdown in the middle.
// Run it: npx tsx --conditions=source examples/kernel/robustness.ts

import { BasicMessageListener, Dispatcher, SwitchboardError } from "@switchboard/core";
import { pause, runAlone, type Stage } from "./sample.ts";

/** Prints what the sender hears in each case. */
export async function robustness(stage: Stage): Promise<void> {
  const dispatcher = new Dispatcher({ clock: stage.clock });
  const tell = async (what: string, sending: Promise<unknown>): Promise<void> => {
    const outcome = await sending.then(
      (answer) => `answered ${String(answer)}`,
      (error: unknown) => (error instanceof SwitchboardError ? error.code : String(error)),
    );
    stage.print(`${what}: ${outcome}`);
  };
  const worker = (id?: string): BasicMessageListener => {
    const listener = new BasicMessageListener(id);
    listener.add({
      match: { type: "work" },
      asyncCallback: async () => {
        await pause(stage, 50);
        return "done";
      },
    });
    return listener;
  };
  const work = { type: "work", destinationId: "worker", responseRequired: true };

  await tell("to one and to all", dispatcher.send({ type: "work", destinationId: "worker", groupId: "all" }));
  await tell("to nobody", dispatcher.send(work));

  const leaving = worker("worker");
  dispatcher.register(leaving);
  const underWay = dispatcher.send(work);
  await pause(stage, 10);
  dispatcher.deregister(leaving);
  await tell("to one who left while working", underWay);

  const members = [worker(), worker()];
  for (const member of members) dispatcher.joinGroup("all", member);
  const toAll = dispatcher.send({ type: "work", groupId: "all", responseRequired: true });
  await pause(stage, 10);
  for (const member of members) dispatcher.leaveGroup("all", member);
  await tell("to all, who left while working", toAll);

  dispatcher.register(worker("worker"));
  const cutShort = [dispatcher.send(work), dispatcher.send({ ...work, blocking: true }), dispatcher.send(work)];
  const settled = Promise.allSettled(cutShort);
  await dispatcher.shutdown();
  await settled;
  for (const [index, sending] of cutShort.entries()) await tell(`in the middle of a shutdown, ${index + 1}`, sending);
  await tell("after it", dispatcher.send(work));
}

await runAlone(import.meta.url, robustness);
