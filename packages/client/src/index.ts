// The client's main door: for browsers and Node. Unix sockets are in ./node, a scripted server for tests in ./testing.

export { connect, Client, type EventHandler } from "./client.ts";
export type { CallOptions } from "./call.ts";
export type { ClientOptions, Login, ReconnectOptions } from "./options.ts";
export type { ClientState, NextAttempt, StateListener } from "./session.ts";
export { ClientError, type ClientErrorCode, clientErrors } from "./errors.ts";

// What is read with `for await`
export { type EventStream, type EventStreamOptions, missedEventName } from "./event-stream.ts";
export type { Task, TaskProgress, TaskRecord, TaskState } from "./task.ts";

// Services that a client offers
export type { Service, ServiceHandler, ServiceMethod } from "./service.ts";

// Types of methods
export type { ArgumentsOf, ItemOf, ResultOf, UntypedMethods } from "./methods.ts";

// Sockets
export type { FrameSocket, OpenSocket, SocketHandlers } from "./socket.ts";

// What of the protocol every user meets
export { errno, errnoName, Password, RpcError, type ServerEvent } from "@switchboard/protocol";
