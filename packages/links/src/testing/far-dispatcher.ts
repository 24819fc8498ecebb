// The far end of a link in the contract suite, as a dispatcher with listeners that answer, fail, wait, defer and ask back.
// Harnesses run it wherever their far end lives: in this process, a child, a worker.

import { DEFERRED, Dispatcher, type Id, type Message, type MessageFields, SynchronousError } from "@switchboard/core";

type Handler = (message: Message) => unknown;

/**
 * Returns a dispatcher with these listeners, whose ids begin with `name` and a dot:
 *
 * `echo` returns its content · `fail` throws a TypeError · `never` does not answer · `defer` answers when `release` is called ·
 * `ask` sends its content as a message from there and returns the reply · `note` keeps its content (of an object only `n`), as does a member
 * of the group `crowd`, and `notes` returns what was kept · `large` returns as many characters as it is told · `add` and `remove` register another echo.
 */
export function farDispatcher(name: string): Dispatcher {
  const dispatcher = new Dispatcher();
  const notes: unknown[] = [];
  const deferred: Message[] = [];
  const register = (id: Id, handle: Handler): void => void dispatcher.register(listener(handle, `${name}.${id}`));
  register("echo", ({ content }) => content);
  register("fail", ({ content }) => {
    throw new TypeError(String(content));
  });
  // oxlint-disable-next-line typescript/no-misused-promises -- never settling is its point
  register("never", () => new Promise(() => undefined));
  register("defer", (message) => {
    deferred.push(message);
    return DEFERRED;
  });
  register("release", ({ content }) => {
    for (const message of deferred.splice(0)) dispatcher.respond(message, content);
  });
  register("ask", ({ content }) => dispatcher.send(content as MessageFields));
  register("note", ({ content }) => {
    notes.push(typeof content === "object" && content !== null && "n" in content ? content.n : content);
  });
  register("notes", () => notes.splice(0));
  register("large", ({ content }) => "x".repeat(content as number));
  register("add", ({ content }) => register(content as string, (message) => message.content));
  register("remove", ({ content }) => dispatcher.deregister(`${name}.${content as string}`));
  dispatcher.joinGroup(
    "crowd",
    listener(({ content }) => void notes.push(content)),
  );
  return dispatcher;
}

function listener(handleMessage: Handler, id?: Id) {
  return { id, handleMessage, handleMessageSync };
}

function handleMessageSync(): never {
  throw new SynchronousError("the far end handles nothing synchronously");
}
