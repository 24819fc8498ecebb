// The protocol's only door.

// Frames
export type {
  AbortFrame,
  AuthFrame,
  AuthServiceFrame,
  AuthTokenFrame,
  CallArguments,
  CallFrame,
  ClientFrame,
  CloseFrame,
  ContinueFrame,
  EndFrame,
  ErrorFrame,
  EventBurstFrame,
  EventFrame,
  FragmentFrame,
  Frame,
  FrameId,
  LogoutFrame,
  ResponseFrame,
  ServerEvent,
  ServerFrame,
  SetupFrame,
  SharedFrame,
  SubscribeFrame,
  UnsubscribeFrame,
} from "./frames.ts";
export { decodeClientFrame, decodeServerFrame } from "./decode.ts";
export { encodeFrame } from "./encode.ts";
export { frameBytes, FramingDecoder } from "./framing.ts";

// Values
export { formatDate, parseDate } from "./dates.ts";
export { maskUrls } from "./mask-urls.ts";
export { decodeValue, encodeValue, maskedText, maxDepth, Password, RegexText } from "./values.ts";

// Errors
export { errno, errnoName, type ErrnoName } from "./errno.ts";
export {
  type ErrorArgs,
  ProtocolError,
  type ProtocolErrorCode,
  protocolErrors,
  type ProtocolErrorContext,
  RpcError,
  type TraceLine,
  type ValidationEntry,
} from "./errors.ts";

// Event masks and queries
export { MaskSet } from "./mask-set.ts";
export { compilePattern, type PatternTest } from "./pattern.ts";
export type { QueryElement, QueryFilter, QueryOperator, QueryParams } from "./query.ts";

// JSON-RPC 2.0
export {
  decodeJsonRpcRequest,
  encodeJsonRpcError,
  encodeJsonRpcNotification,
  encodeJsonRpcResult,
  jsonRpcCode,
  type JsonRpcError,
  JsonRpcFault,
  type JsonRpcId,
  type JsonRpcRequest,
  jsonRpcSubprotocol,
  toJsonRpcError,
} from "./json-rpc.ts";
