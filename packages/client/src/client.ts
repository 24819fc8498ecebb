// The client as its users see it: calls, streams, events, tasks, services. session.ts keeps it connected.

import type { CallArguments, ServerEvent } from "@switchboard/protocol";
import { callFrame, type CallOptions, exchangeOnce, type Waiting } from "./call.ts";
import { ClientError } from "./errors.ts";
import { EventStream, type EventStreamOptions } from "./event-stream.ts";
import type { ArgumentsOf, ItemOf, ResultOf, UntypedMethods } from "./methods.ts";
import { type ClientOptions, type Login, resolveOptions } from "./options.ts";
import { resultStream } from "./result-stream.ts";
import { type Service, ServiceRunner } from "./service.ts";
import { type ClientState, type NextAttempt, Session, type StateListener } from "./session.ts";
import { Task, type TaskClient } from "./task.ts";

/** Takes an event. What it throws, or what its promise rejects with, goes to `onError`. */
export type EventHandler = (event: ServerEvent) => unknown;

/**
 * Connects, logs in and resolves with a client that is ready.
 *
 * @throws {ClientError} CLIENT_CONNECT_FAILED, CLIENT_LOGIN_REFUSED (its cause is the server's answer), CLIENT_TIMEOUT, CLIENT_OPTION_INVALID.
 * @throws {RpcError} what else the server answers to a login, such as EBUSY.
 */
export async function connect<Methods extends object = UntypedMethods>(
  options: ClientOptions = {},
): Promise<Client<Methods>> {
  const session = new Session(resolveOptions(options));
  await session.start();
  return new Client<Methods>(session);
}

/**
 * A connection to a dispatcher server that comes back by itself, with login, subscriptions and services.
 *
 * `Methods` comes from `switchboard types`; without it any method may be called with anything.
 */
export class Client<Methods extends object = UntypedMethods> {
  readonly #session: Session;
  readonly #tasks: TaskClient;

  /** For {@link connect}. */
  constructor(session: Session) {
    this.#session = session;
    this.#tasks = {
      call: (method, args, options) => this.#call(method, args, options),
      listen: (masks, push) => session.subscriptions.add(masks, { push }),
      ready: () => this.ready(),
      pause: (delayMs) => new Promise((resolve) => void session.options.clock.setTimer(resolve, delayMs)),
    };
  }

  /** What the client is doing. */
  get state(): ClientState {
    return this.#session.state;
  }

  /** The token of the present login, with which another connection may log in; a new one after each reconnect. Undefined without login, and for services. */
  get token(): string | undefined {
    return this.#session.credentials?.token;
  }

  /** How long the token lives unless it is used, in milliseconds. Undefined: for ever. */
  get tokenLifetimeMs(): number | undefined {
    return this.#session.credentials?.lifetimeMs;
  }

  /** Who is logged in. */
  get username(): string | undefined {
    return this.#session.credentials?.username;
  }

  /** Tells each change of {@link Client.state} until the function that is returned is called. */
  onStateChange(listener: StateListener): () => void {
    return this.#session.onStateChange(listener);
  }

  /** The attempt to connect again that is to come; undefined unless the client waits for one. */
  get nextAttempt(): NextAttempt | undefined {
    return this.#session.nextAttempt;
  }

  /** Makes the attempt of {@link Client.nextAttempt} now. Does nothing when none is to come. */
  tryNow(): void {
    this.#session.tryNow();
  }

  /** Resolves when the client is ready, at once if it is. @throws what closed it. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (this.state === "ready") resolve();
        else if (this.state === "closed") reject(this.#session.endedBy);
        else return;
        stop();
      };
      const stop = this.onStateChange(look);
      look();
    });
  }

  /** Logs in, or in as somebody else; it is the login of later connections too. @throws {ClientError} CLIENT_LOGIN_REFUSED, CLIENT_CONNECTION_LOST. */
  login(login: Login): Promise<void> {
    return this.#session.logIn(login);
  }

  /**
   * Calls `service.method` and resolves with its result. One that comes in pieces is collected.
   *
   * Order: calls run side by side; answers come in order of completion.
   *
   * @throws {RpcError} what the server answered: look at `errno`. @throws {ClientError} CLIENT_TIMEOUT, CLIENT_CONNECTION_LOST, CLIENT_LOGGED_OUT,
   * CLIENT_CLOSED. @throws {ProtocolError} for arguments that cannot be written. The reason of `options.signal`.
   */
  call<Name extends keyof Methods & string>(
    method: Name,
    args: ArgumentsOf<Methods[Name]> = null as ArgumentsOf<Methods[Name]>,
    options: CallOptions = {},
  ): Promise<ResultOf<Methods[Name]>> {
    return this.#call(method, args, options) as Promise<ResultOf<Methods[Name]>>;
  }

  /**
   * Calls a method and gives the items of its result as they come. The call begins when the first one is asked for, and further ones are
   * sent by the server only when those before have been read. Leaving the loop stops the producer.
   *
   * Errors are those of {@link Client.call}, thrown where the item would have come.
   */
  stream<Name extends keyof Methods & string>(
    method: Name,
    args: ArgumentsOf<Methods[Name]> = null as ArgumentsOf<Methods[Name]>,
    options: CallOptions = {},
  ): AsyncIterableIterator<ItemOf<Methods[Name]>> {
    const frameOf = callFrame(method, args);
    const stream = resultStream(() => this.#session.calls(), frameOf, this.#waiting(method, options));
    return stream as AsyncIterableIterator<ItemOf<Methods[Name]>>;
  }

  /**
   * Hands `handler` every event that fits a mask or one of several (`task.*`, `*` crosses dots), until the function that is returned is called.
   *
   * Order: as the server sent them; a handler's promise is not waited for. Events of the time without a connection are lost; see
   * {@link Client.onStateChange}.
   */
  on(masks: string | readonly string[], handler: EventHandler): () => void {
    const { onError } = this.#session.options;
    const push = (event: ServerEvent): void => {
      try {
        const result = handler(event);
        if (result instanceof Promise) result.catch(onError);
      } catch (error) {
        onError(error);
      }
    };
    return this.#session.subscriptions.add(listOf(masks), { push });
  }

  /**
   * The events that fit a mask or one of several, to be read with `for await`. Where events are missing, an event {@link missedEventName} stands
   * in their place. The subscription begins now and ends with the loop; the loop ends with the client.
   *
   * @throws {ClientError} in the loop: CLIENT_LOGGED_OUT, CLIENT_LOGIN_REFUSED, or what else closed the client, unless that was {@link Client.close}.
   */
  events(masks: string | readonly string[], options: EventStreamOptions = {}): EventStream {
    const { subscriptions } = this.#session;
    const stream = new EventStream(options, () => stop());
    const stop = subscriptions.add(listOf(masks), stream);
    if (this.state === "closed") subscriptions.close(this.#session.closedFor);
    return stream;
  }

  /** Emits an event: the server hands it to all who want it, this client included. @throws {ClientError} as {@link Client.call}. */
  emit(name: string, args: Readonly<Record<string, unknown>> = {}): void {
    this.#session.send({ namespace: "events", name: "event", id: null, args: { name, args } });
  }

  /**
   * Submits a task and resolves as soon as the server has taken it. Arguments that do not fit make the task fail, not its submission.
   *
   * @throws {RpcError} EINVAL for an unknown task. Else as {@link Client.call}.
   */
  async submitTask(name: string, args: readonly unknown[] = []): Promise<Task> {
    return this.task((await this.#call("task.submit", [name, args])) as number);
  }

  /** A task by its number, whoever submitted it. */
  task(id: number): Task {
    return new Task(this.#tasks, id);
  }

  /**
   * Offers a service under a name; the server calls its methods for everybody who calls `name.method`. It is offered again after each reconnect.
   * Resolves with a function that takes it back.
   *
   * @throws {RpcError} EEXIST for a taken name. Else as {@link Client.call}.
   */
  async offer(name: string, service: Service): Promise<() => Promise<void>> {
    await this.#session.offer(name, new ServiceRunner(service));
    return async () => {
      if (!this.#session.services.delete(name) || this.state !== "ready") return;
      await this.#call("plugin.unregister_service", [name]);
    };
  }

  /** Logs out and closes the connection, for good. What is pending fails with CLIENT_CLOSED; loops over events end. Never rejects. */
  close(): Promise<void> {
    this.#session.end(new ClientError("CLIENT_CLOSED", "the client was closed"));
    return Promise.resolve();
  }

  async #call(method: string, args: CallArguments, options: CallOptions = {}): Promise<unknown> {
    return exchangeOnce(this.#session.calls(), callFrame(method, args), this.#waiting(method, options));
  }

  #waiting(what: string, options: CallOptions): Waiting {
    const { clock, timeoutMs } = this.#session.options;
    return { what, clock, timeoutMs, ...options };
  }
}

function listOf(masks: string | readonly string[]): readonly string[] {
  return typeof masks === "string" ? [masks] : masks;
}
