// What a service, its methods and their callers are, and how services are registered and called. Types only: service-registry.ts does the work,
// decorators.ts writes these definitions from classes. Plugins, tasks and connections all speak in these terms.

import type { CallArguments } from "@switchboard/protocol";
import type { Principal } from "../auth/index.ts";
import type { JsonSchema } from "../schema/index.ts";

/** What a connection may switch on by `management.enable_features`. */
export type Feature = "streaming_responses" | "strict_validation" | "event_bursts";

/** The connection that asks, as methods with `passSender` see it. Undefined in calls from inside the process. */
export interface Caller {
  /** Unique among all connections since the server started. */
  readonly id: string;
  /** `<ip>,<port>` or `unix,<pid>`. */
  readonly address: string;
  /** How the client program names itself; undefined before login. */
  readonly resource: string | undefined;
  /** Undefined before login. */
  readonly principal: Principal | undefined;
  /** Number of its record in the collection `sessions`; undefined before login and while the record is being written. */
  readonly sessionId: number | undefined;
  readonly features: Set<Feature>;
  /** Calls `listener` once when the connection is gone, at once when it is gone already. Returns its remover. */
  onClose(listener: () => void): () => void;
}

/** A method that can be called. */
export interface MethodDefinition {
  /**
   * Gets the arguments by position; with `passSender` the caller behind the last declared parameter. Returns the result or a promise of it; with
   * `generator` an iterable or async iterable, which is advanced only as fast as the caller asks.
   */
  readonly handler: (...args: never[]) => unknown;
  readonly description?: string;
  /** One schema per positional parameter; `title` is the parameter's name. Without it anything is accepted by position (with `passSender`: nothing). */
  readonly accepts?: readonly JsonSchema[];
  /** Shown by discovery; checked, with a log line only, when the server runs in debug mode. */
  readonly returns?: JsonSchema;
  /** Callable by services and administrators only. Default false. */
  readonly private?: boolean;
  /** The result is a sequence: streamed to callers that asked for it, collected into an array for others. Default false. */
  readonly generator?: boolean;
  /** The handler wants the {@link Caller} as well. Default false. */
  readonly passSender?: boolean;
  /** Callable before login. Default false. */
  readonly unauthenticated?: boolean;
  /** The caller must have all of them. Default none: every user who is logged in may call. */
  readonly roles?: readonly string[];
  /** Calls go into the audit log. Default: those of methods that are private or need roles. */
  readonly audit?: boolean;
  /** After so many milliseconds the caller gets ETIMEDOUT; the handler is not interrupted. Default without limit. */
  readonly timeoutMs?: number;
}

/** A service: methods under a common name. */
export interface ServiceDefinition {
  /** One line for discovery. */
  readonly description?: string;
  /** Longer text for discovery. */
  readonly docstring?: string;
  /** All methods are private. Default false. */
  readonly private?: boolean;
  /** Needed for every method, besides the method's own. */
  readonly roles?: readonly string[];
  readonly methods: Readonly<Record<string, MethodDefinition>>;
}

/** What may be registered as a service: a definition, or an instance of a class with decorated methods. */
export type Provider = ServiceDefinition | object;

/** How a call is made. */
export interface CallOptions {
  /** On whose behalf. With it login, roles and schemas are checked; without it (inside the process) they are not. */
  readonly caller?: Caller | undefined;
  /** Aborting it rejects the call with ECANCELED; the owner of a routed service is told. */
  readonly signal?: AbortSignal | undefined;
}

/** The services of a server. */
export interface Services {
  /**
   * Adds a service and returns a function that takes it away again. Calls in progress then finish, new ones get ENOENT.
   *
   * @throws {ServerError} RPC_SERVICE_EXISTS, RPC_DEFINITION_INVALID, SCHEMA_INVALID.
   */
  register(name: string, provider: Provider): () => void;
  /**
   * Calls `service.method` and resolves with its result: for a stream an async iterable, which must be read to its end or returned. The result is what
   * the method returned, not a copy: leave it as it is.
   *
   * Rejects with an {@link RpcError}, whatever the method threw; see {@link toRpcError}.
   */
  call(method: string, args?: CallArguments, options?: CallOptions): Promise<unknown>;
  /** Calls a method and iterates over its result: the items of a stream or array, or the one value. */
  stream(method: string, args?: CallArguments, options?: CallOptions): AsyncIterable<unknown>;
  /** True when there is a service of that name, whoever offers it. */
  has(name: string): boolean;
  /** Resolves with true as soon as there is such a service, with false after `timeoutMs` (default: waits for ever). */
  waitFor(name: string, timeoutMs?: number): Promise<boolean>;
  /** The names of all services in the order of their registration. */
  names(): string[];
}
