// Decorators (standard ones, TC39) that turn the methods of a class into methods of a service, and `serviceOf`, which reads them.
// Each writes one field of MethodDefinition or ServiceDefinition; whoever prefers it writes those by hand.

import type { JsonSchema } from "../schema/index.ts";
import { ServerError } from "../errors.ts";
import type { MethodDefinition, Provider, ServiceDefinition } from "./service.ts";

type Marks = Partial<Omit<MethodDefinition, "handler">>;
type AnyFunction = (...args: never[]) => unknown;
type AnyClass = abstract new (...args: never[]) => object;
type Target = AnyFunction | AnyClass;

/** Marks a method of a class. */
export type MethodDecorator = (method: AnyFunction, context: ClassMethodDecoratorContext) => void;
/** Marks a class or one of its methods. */
export type ProviderDecorator = (target: Target, context: ClassMethodDecoratorContext | ClassDecoratorContext) => void;

// By the function itself: decorators run before there is an instance.
const marksOf = new WeakMap<Target, Marks>();

function mark(marks: Marks): ProviderDecorator {
  return (target) => {
    marksOf.set(target, { ...marksOf.get(target), ...marks });
  };
}

/** Makes a method callable and says nothing else about it. The other decorators make it callable too. */
export const publicMethod: MethodDecorator = mark({});

/** What discovery shows of a class or method. */
export function description(text: string): ProviderDecorator {
  return mark({ description: text });
}

/** One schema per parameter; `title` gives the name for arguments by name. Arguments are checked before each call. */
export function accepts(...schemas: readonly JsonSchema[]): MethodDecorator {
  return mark({ accepts: schemas });
}

/** The schema of the result. */
export function returns(schema: JsonSchema): MethodDecorator {
  return mark({ returns: schema });
}

/** On a method or class: callable by services and administrators only. */
export const privateMethod: ProviderDecorator = mark({ private: true });

/** The {@link Caller} comes behind the last declared parameter. */
export const passSender: MethodDecorator = mark({ passSender: true });

/** The method returns its result piece by piece. */
export const generator: MethodDecorator = mark({ generator: true });

/** The method may be called before login. */
export const unauthenticated: MethodDecorator = mark({ unauthenticated: true });

/** On a method or class: the caller must have all of these roles. */
export function requireRoles(...roles: readonly string[]): ProviderDecorator {
  return mark({ roles });
}

/** The standard query method: takes a filter and parameters, answers objects of the named definition, a number, or one object. */
export function query(type: string): MethodDecorator {
  const item = { $ref: type };
  return mark({
    ...queryParameters,
    returns: { anyOf: [{ type: "array", items: item }, { type: "integer" }, item, { type: "null" }] },
  });
}

/** What every query method accepts, for definitions without decorators. */
export const queryParameters: { readonly accepts: readonly JsonSchema[] } = {
  accepts: [
    { title: "filter", type: ["array", "null"], items: { type: "array", minItems: 2 } },
    { title: "params", type: ["object", "null"] },
  ],
};

/**
 * The definition of a service: as given, or read from an instance of a class whose methods are decorated. Methods of a base class count too.
 *
 * @throws {ServerError} RPC_DEFINITION_INVALID when nothing is decorated.
 */
export function serviceOf(provider: Provider): ServiceDefinition {
  if (isDefinition(provider)) return provider;
  const methods: Record<string, MethodDefinition> = {};
  for (const [name, method, marks] of decorated(provider)) {
    methods[name] = { ...marks, handler: method.bind(provider) };
  }
  if (Object.keys(methods).length === 0) {
    throw new ServerError(
      "RPC_DEFINITION_INVALID",
      "expected {methods: {…}} or an instance of a class with decorated methods",
    );
  }
  const { description, private: isPrivate, roles } = marksOf.get(provider.constructor as AnyClass) ?? {};
  return {
    methods,
    ...(description === undefined ? undefined : { description }),
    ...(isPrivate === undefined ? undefined : { private: isPrivate }),
    ...(roles === undefined ? undefined : { roles }),
  };
}

function isDefinition(provider: Provider): provider is ServiceDefinition {
  const { methods } = provider as { readonly methods?: unknown };
  return typeof methods === "object" && methods !== null;
}

/** The decorated methods of an object, those of its own class before those of the base classes they replace. */
function* decorated(provider: object): Iterable<[name: string, method: AnyFunction, marks: Marks]> {
  // The class itself may be decorated too.
  const seen = new Set(["constructor"]);
  let prototype: unknown = Object.getPrototypeOf(provider);
  while (typeof prototype === "object" && prototype !== null && prototype !== Object.prototype) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof value !== "function" || seen.has(name)) continue;
      const marks = marksOf.get(value as AnyFunction);
      seen.add(name);
      if (marks !== undefined) yield [name, value as AnyFunction, marks];
    }
    prototype = Object.getPrototypeOf(prototype);
  }
}
