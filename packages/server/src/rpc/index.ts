// The door to services: declaring them, offering them, calling them.

export {
  accepts,
  description,
  generator,
  type MethodDecorator,
  passSender,
  privateMethod,
  type ProviderDecorator,
  publicMethod,
  query,
  queryParameters,
  requireRoles,
  returns,
  serviceOf,
  unauthenticated,
} from "./decorators.ts";
export { isAsyncIterable, ResultStream } from "./result-stream.ts";
export { toRpcError } from "./rpc-error.ts";
export type {
  Caller,
  CallOptions,
  Feature,
  MethodDefinition,
  Provider,
  ServiceDefinition,
  Services,
} from "./service.ts";
export { ServiceRegistry, type ServiceRegistryOptions } from "./service-registry.ts";
