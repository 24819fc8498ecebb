// What the server throws, with the number under which each error travels in an `rpc/error` frame.

import { type ErrorContext, type ErrorEntry, SwitchboardError } from "@switchboard/core";
import { errno, type ErrorArgs } from "@switchboard/protocol";

/** What the catalogue says of one of the server's codes. */
export interface ServerErrorEntry extends ErrorEntry {
  /** The number on the wire. */
  readonly errno: number;
}

/** One of the server's error codes. */
export type ServerErrorCode =
  | "RPC_NAME_INVALID"
  | "RPC_SERVICE_UNKNOWN"
  | "RPC_METHOD_UNKNOWN"
  | "RPC_LOGIN_REQUIRED"
  | "RPC_ROLE_MISSING"
  | "RPC_ARGUMENTS_INVALID"
  | "RPC_DEFINITION_INVALID"
  | "RPC_SERVICE_EXISTS"
  | "RPC_SERVICE_NOT_OWNED"
  | "RPC_SERVICE_LOST"
  | "RPC_CALLS_EXCEEDED"
  | "RPC_RATE_EXCEEDED"
  | "RPC_CALL_ABORTED"
  | "RPC_RESULT_TOO_LARGE"
  | "RPC_STREAM_UNKNOWN"
  | "RPC_STREAM_POSITION"
  | "CONNECTION_REFUSED"
  | "CONNECTION_CLOSED"
  | "CONNECTION_SETUP_REFUSED"
  | "CONNECTION_ADDRESS_TAKEN"
  | "FILE_REFUSED"
  | "FILE_TOO_LARGE"
  | "REGEX_INVALID"
  | "REGEX_COSTLY"
  | "SCHEMA_INVALID"
  | "SCHEMA_EXISTS"
  | "SCHEMA_UNKNOWN"
  | "SCHEMA_NOT_OWNED"
  | "SCHEMA_MISMATCH"
  | "SCHEMA_COSTLY"
  | "AUTH_REFUSED"
  | "AUTH_THROTTLED"
  | "AUTH_USER_INVALID"
  | "AUTH_USER_UNKNOWN"
  | "TASK_UNKNOWN"
  | "TASK_DEFINITION_INVALID"
  | "TASK_NOT_FOUND"
  | "TASK_NOT_READY"
  | "TASK_QUEUE_FULL"
  | "TASK_REFUSED"
  | "TASK_WORKERS_ONLY"
  | "TASK_FILE_REFUSED"
  | "RESOURCE_INVALID"
  | "RESOURCE_EXISTS"
  | "RESOURCE_UNKNOWN"
  | "DATASTORE_QUERY_INVALID"
  | "DATASTORE_COLLECTION_UNKNOWN"
  | "DATASTORE_COLLECTION_EXISTS"
  | "DATASTORE_DECLARATION_INVALID"
  | "DATASTORE_NOT_FOUND"
  | "DATASTORE_DUPLICATE_KEY"
  | "DATASTORE_KEY_INVALID"
  | "DATASTORE_VALUE_INVALID"
  | "EVENT_NAME_INVALID"
  | "EVENT_TYPE_EXISTS"
  | "EVENT_SOURCE_EXISTS"
  | "PLUGIN_INVALID"
  | "PLUGIN_EXISTS"
  | "PLUGIN_DEPENDENCY"
  | "PLUGIN_FAILED"
  | "PLUGIN_UNKNOWN"
  | "PLUGIN_UNLOADED"
  | "HOOK_UNKNOWN"
  | "HOOK_EXISTS"
  | "SERVER_CONFIG_UNREADABLE"
  | "SERVER_CONFIG_INVALID"
  | "DAEMON_RUNNING"
  | "SERVER_USAGE"
  | "DATASTORE_CLOSED";

/** The server's part of the catalogue. */
export const serverErrors: Readonly<Record<ServerErrorCode, ServerErrorEntry>> = {
  RPC_NAME_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "What should be the name of a method is not one.",
    remedy: "Write `service.method`.",
  },
  RPC_SERVICE_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no service of that name (any more).",
    remedy: "Correct the name; `discovery.get_services` lists them.",
  },
  RPC_METHOD_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "The service has no such method.",
    remedy: "Correct the name; `discovery.get_methods` lists them.",
  },
  RPC_LOGIN_REQUIRED: {
    errno: errno.EACCES,
    retryable: false,
    meaning: "The method is not open to callers who are not logged in.",
    remedy: "Log in first.",
  },
  RPC_ROLE_MISSING: {
    errno: errno.EACCES,
    retryable: false,
    meaning: "The user lacks a role that the method needs, or the method is private.",
    remedy: "Log in as somebody who has the role, or have it given to one of the user's groups.",
  },
  RPC_ARGUMENTS_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "Arguments were given by name to a method that declares no parameter names.",
    remedy: "Give them by position.",
  },
  RPC_DEFINITION_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "The definition of a service or method is not valid.",
    remedy: "Correct the part that the message names.",
  },
  RPC_SERVICE_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "A service of that name exists and belongs to somebody else.",
    remedy: "Use another name.",
  },
  RPC_SERVICE_NOT_OWNED: {
    errno: errno.EPERM,
    retryable: false,
    meaning: "The service is offered by somebody else.",
    remedy: "Leave it to its owner.",
  },
  RPC_SERVICE_LOST: {
    errno: errno.ECONNABORTED,
    retryable: true,
    meaning: "The owner of a service went away during a call.",
    remedy: "Call again when the service is back; `plugin.wait_for_service` waits for it.",
  },
  RPC_CALLS_EXCEEDED: {
    errno: errno.EBUSY,
    retryable: true,
    meaning: "Too many calls are in flight.",
    remedy: "Wait for answers before calling again.",
  },
  RPC_RATE_EXCEEDED: {
    errno: errno.EAGAIN,
    retryable: true,
    meaning: "The user makes more calls per second than the option `max-calls-per-second` allows.",
    remedy: "Call again after `extra.retryAfterMs` milliseconds; ask for many things by one call; or raise the limit.",
  },
  RPC_CALL_ABORTED: {
    errno: errno.ECANCELED,
    retryable: false,
    meaning: "The call was aborted by the caller.",
    remedy: "Nothing: it was asked for.",
  },
  RPC_RESULT_TOO_LARGE: {
    errno: errno.EMSGSIZE,
    retryable: false,
    meaning: "A stream is too long to be collected into one answer, or an answer too long to be sent.",
    remedy: "Switch on the feature `streaming_responses`, or ask for less.",
  },
  RPC_STREAM_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no call or stream of that id in flight.",
    remedy: "Use the id of the call, before its `close`.",
  },
  RPC_STREAM_POSITION: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A piece of a stream was asked for that is gone, or that cannot be told.",
    remedy: "Ask for the pieces in rising order, or call with `view`.",
  },
  CONNECTION_REFUSED: {
    errno: errno.EBUSY,
    retryable: true,
    meaning: "The server has too many connections, in all or from this address.",
    remedy: "Close some, or raise the limit in the configuration.",
  },
  CONNECTION_CLOSED: {
    errno: errno.ECONNABORTED,
    retryable: true,
    meaning: "The connection was closed before an answer came.",
    remedy: "Connect again.",
  },
  CONNECTION_ADDRESS_TAKEN: {
    errno: errno.EADDRINUSE,
    retryable: false,
    meaning: "The Unix socket's file is in use by another server, or is something else.",
    remedy: "Stop the other server, or configure another path.",
  },
  FILE_REFUSED: {
    errno: errno.EACCES,
    retryable: false,
    meaning: "A path leads out of the folders that the server may transfer files from and to, or to what is no file.",
    remedy: "Use a file in one of the configured folders.",
  },
  FILE_TOO_LARGE: {
    errno: errno.EFBIG,
    retryable: false,
    meaning: "An upload is longer than announced, or than is allowed.",
    remedy: "Send less, or raise the limit in the configuration.",
  },
  CONNECTION_SETUP_REFUSED: {
    errno: errno.EPERM,
    retryable: false,
    meaning: "A peer that is not a trusted relay announced another address.",
    remedy: "Announce addresses only as the first frame on the Unix socket, from a trusted user.",
  },
  REGEX_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A regular expression is malformed, too long, or uses look-around or back-references.",
    remedy: "Write it in RE2 syntax.",
  },
  REGEX_COSTLY: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A regular expression is too large for the text it would be searched in.",
    remedy: "Use a simpler expression, fewer repetitions, or another operator.",
  },
  SCHEMA_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning:
      "A schema is malformed, too large, refers to itself without end, or refers to a definition that does not exist.",
    remedy: "Correct the part that the message names.",
  },
  SCHEMA_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "A schema definition of that name belongs to somebody else.",
    remedy: "Use another name.",
  },
  SCHEMA_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no schema definition of that name.",
    remedy: "Register it first, or correct the name.",
  },
  SCHEMA_NOT_OWNED: {
    errno: errno.EPERM,
    retryable: false,
    meaning: "The schema definition belongs to somebody else.",
    remedy: "Leave it to its owner.",
  },
  SCHEMA_MISMATCH: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "Arguments do not fit the schema of the method or task.",
    remedy: "Correct the arguments that `extra` lists.",
  },
  SCHEMA_COSTLY: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "Checking a value against a schema takes too many steps.",
    remedy: "Simplify the schema's references, or send less at once.",
  },
  AUTH_REFUSED: {
    errno: errno.EACCES,
    retryable: false,
    meaning: "The user name, password or token is wrong, or the user may not log in.",
    remedy: "Log in with valid credentials of a user who belongs to a group with access.",
  },
  AUTH_THROTTLED: {
    errno: errno.EAGAIN,
    retryable: true,
    meaning: "Too many logins failed, or too many are under way.",
    remedy: "Wait as long as the message says.",
  },
  AUTH_USER_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A user's name, password or groups are not allowed.",
    remedy: "Correct the part that the message names.",
  },
  AUTH_USER_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no user of that name.",
    remedy: "Create the user first, or correct the name.",
  },
  TASK_UNKNOWN: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "There is no task of that name.",
    remedy: "Correct the name; `discovery.get_tasks` lists them.",
  },
  TASK_DEFINITION_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "The definition of a task, or of a task hook, is not valid.",
    remedy: "Correct the part that the message names.",
  },
  TASK_NOT_FOUND: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no task of that number, or it has ended already.",
    remedy: "Use the number that `task.submit` answered; old tasks are forgotten after a while.",
  },
  TASK_NOT_READY: {
    errno: errno.EAGAIN,
    retryable: true,
    meaning: "Tasks cannot be submitted now: the log store is not open yet, or the server stops.",
    remedy: "Submit again when the server is ready.",
  },
  TASK_QUEUE_FULL: {
    errno: errno.EBUSY,
    retryable: true,
    meaning: "As many tasks wait, or run as subtasks, as are allowed to.",
    remedy: "Wait until some have ended.",
  },
  TASK_REFUSED: {
    errno: errno.EACCES,
    retryable: false,
    meaning: "The user may not submit this task, not in this way, or may not abort it.",
    remedy: "Log in as somebody who may.",
  },
  TASK_WORKERS_ONLY: {
    errno: errno.EPERM,
    retryable: false,
    meaning: "The method belongs to the processes that run tasks.",
    remedy: "Leave it to them.",
  },
  TASK_FILE_REFUSED: {
    errno: errno.EOPNOTSUPP,
    retryable: false,
    meaning: "An isolated task tried to hand a file among its arguments on to a subtask.",
    remedy: "Read or write the file in the task that got it, or run that task in the server's own process.",
  },
  RESOURCE_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A resource's name is not valid, or it would lie below itself.",
    remedy: "Correct the name, or the parents and children.",
  },
  RESOURCE_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "A resource of that name exists.",
    remedy: "Use another name, or update the one that exists.",
  },
  RESOURCE_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no resource of that name.",
    remedy: "Register it first, or correct the name.",
  },
  DATASTORE_QUERY_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A query's filter or parameters are not valid.",
    remedy: "Correct the part that the message names; docs/protocol.md lists operators and parameters.",
  },
  DATASTORE_COLLECTION_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no collection of that name.",
    remedy: "Create it first, or correct the name.",
  },
  DATASTORE_COLLECTION_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "A collection of that name exists.",
    remedy: "Use the existing one, or another name.",
  },
  DATASTORE_DECLARATION_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A collection's declaration (name, key type, indexes, limits) is not valid.",
    remedy: "Correct the part that the message names.",
  },
  DATASTORE_NOT_FOUND: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no object with that key.",
    remedy: "Insert it first, or use `upsert`.",
  },
  DATASTORE_DUPLICATE_KEY: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "The key, or a value that must be unique, is taken.",
    remedy: "Choose another one, or update the object that has it.",
  },
  DATASTORE_KEY_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A key is not of the collection's key type, or is missing where it must be given.",
    remedy: "Give a key of the type that the message names.",
  },
  DATASTORE_VALUE_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "An object cannot be stored as it is.",
    remedy: "Correct the field that the message names.",
  },
  EVENT_NAME_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "The name of an event type or event source is empty, too long or has other characters than allowed.",
    remedy: "Use letters, digits, dots and the characters that the message lists.",
  },
  EVENT_TYPE_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "An event type of that name is registered already.",
    remedy: "Use another name, or unregister the other one first.",
  },
  EVENT_SOURCE_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "An event source of that name is registered already.",
    remedy: "Use another name, or unregister the other one first.",
  },
  PLUGIN_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A plugin's file could not be imported, or what it exports is no plugin.",
    remedy: "Correct the file; the message and its cause say where.",
  },
  PLUGIN_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "Two plugins have the same name; the first one counts.",
    remedy: "Rename one of the files.",
  },
  PLUGIN_DEPENDENCY: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A plugin depends on one that is missing or failed, or plugins depend on each other in a ring.",
    remedy: "Add or mend the plugin that the message names, or remove the dependency.",
  },
  PLUGIN_FAILED: {
    errno: errno.EFAULT,
    retryable: false,
    meaning: "A plugin failed while it was started; everything it had registered was taken back.",
    remedy: "Read the cause, correct the plugin and load it again.",
  },
  PLUGIN_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no plugin of that name.",
    remedy: "Correct the name, or put the file into one of the plugin directories.",
  },
  PLUGIN_UNLOADED: {
    errno: errno.EBUSY,
    retryable: false,
    meaning: "A plugin that has been unloaded tried to register something.",
    remedy: "Register in the plugin's start function, and stop in its stop function what it started.",
  },
  HOOK_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no hook point of that name.",
    remedy: "Register it first, or correct the name.",
  },
  HOOK_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "A hook point of that name belongs to another plugin.",
    remedy: "Use another name.",
  },
  SERVER_CONFIG_UNREADABLE: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A configuration file cannot be read, or is neither JSON nor YAML.",
    remedy: "Correct the line that the message names.",
  },
  SERVER_CONFIG_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "The configuration lacks a key, or a key has a value that is not allowed.",
    remedy: "Correct the keys that the message names; docs/server-configuration.md lists them.",
  },
  DAEMON_RUNNING: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "The pid file belongs to a process that is alive.",
    remedy: "Stop the other server first, or give this one another pid file.",
  },
  SERVER_USAGE: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "The command line of the server has an option that does not exist, or lacks a value.",
    remedy: "Run it with `--help`.",
  },
  DATASTORE_CLOSED: {
    errno: errno.EAGAIN,
    retryable: true,
    meaning: "The datastore is not open (any more).",
    remedy: "Wait until the server has started; do not use it while the server stops.",
  },
};

/** Something the server could not or would not do. */
export class ServerError extends SwitchboardError {
  override name = "ServerError";
  override readonly code: ServerErrorCode;
  /** The number under which this travels in an `rpc/error` frame. */
  readonly errno: number;
  /** What goes into the frame's `extra`; undefined when there is nothing. */
  readonly extra: unknown;

  constructor(code: ServerErrorCode, message: string, context: ErrorContext & { readonly extra?: unknown } = {}) {
    const { extra, ...rest } = context;
    super(serverErrors[code], code, message, rest);
    this.code = code;
    this.errno = serverErrors[code].errno;
    this.extra = extra;
  }

  /** The `args` of the `rpc/error` frame. */
  toArgs(): ErrorArgs {
    const args = { code: this.errno, message: this.message };
    return this.extra === undefined ? args : { ...args, extra: this.extra };
  }
}
