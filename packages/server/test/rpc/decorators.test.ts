// Classes with decorated methods, and the same without decorators.

import { expect, test } from "vitest";
import {
  accepts,
  type Caller,
  description,
  generator,
  passSender,
  privateMethod,
  publicMethod,
  requireRoles,
  returns,
  serviceOf,
  ServiceRegistry,
  unauthenticated,
} from "../../src/rpc/index.ts";

class Base {
  protected prefix = "base";

  @publicMethod
  who(): string {
    return this.prefix;
  }

  @publicMethod
  replaced(): string {
    return "base";
  }
}

@description("Says hello")
@requireRoles("greeter")
class Greeter extends Base {
  override prefix = "greeter";

  @description("Greets somebody")
  @accepts({ type: "string", title: "name" })
  @returns({ type: "string" })
  greet(name: string): string {
    return `Hello, ${name}, from ${this.prefix}.`;
  }

  @privateMethod
  @requireRoles("keeper")
  @passSender
  inner(sender?: Caller): string | undefined {
    return sender?.id;
  }

  @generator
  @unauthenticated
  *numbers(): Iterable<number> {
    yield 1;
    yield 2;
  }

  override replaced(): string {
    return "not decorated";
  }

  helper(): string {
    return "nobody calls this";
  }
}

test("decorators write the definition that could be written by hand", () => {
  const { methods, ...service } = serviceOf(new Greeter());
  expect(service).toEqual({ description: "Says hello", roles: ["greeter"] });
  const handler = expect.any(Function) as unknown;
  expect(methods).toEqual({
    greet: {
      handler,
      description: "Greets somebody",
      accepts: [{ type: "string", title: "name" }],
      returns: { type: "string" },
    },
    inner: { handler, private: true, roles: ["keeper"], passSender: true },
    numbers: { handler, generator: true, unauthenticated: true },
    who: { handler },
  });
});

test("methods keep their instance, and undecorated ones are unreachable, also where a base class decorated them", async () => {
  const registry = new ServiceRegistry();
  registry.register("greeter", new Greeter());
  expect(await registry.call("greeter.greet", ["Ada"])).toBe("Hello, Ada, from greeter.");
  expect(await registry.call("greeter.who")).toBe("greeter");
  await expect(registry.call("greeter.helper")).rejects.toMatchObject({ errno: 2 });
  await expect(registry.call("greeter.replaced")).rejects.toMatchObject({ errno: 2 });
});

test("a definition is taken as it is, and an object without methods is refused", () => {
  const definition = { methods: { m: { handler: () => 1 } } };
  expect(serviceOf(definition)).toBe(definition);
  expect(() => serviceOf(new Date())).toThrow(expect.objectContaining({ code: "RPC_DEFINITION_INVALID" }));
});
