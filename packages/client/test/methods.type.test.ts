// The types of calls: with generated declarations names, arguments and results are checked; without, anything goes.

import { expectTypeOf, it } from "vitest";
import type { ArgumentsOf, Client, ItemOf, ResultOf } from "../src/index.ts";

interface Methods {
  "test.add": (a: number, b?: number) => number;
  "test.hours": (city: string) => AsyncIterable<{ readonly hour: number }>;
  "management.ping": () => "pong";
}

it("follow the declarations", () => {
  expectTypeOf<ResultOf<Methods["test.add"]>>().toEqualTypeOf<number>();
  expectTypeOf<ResultOf<Methods["test.hours"]>>().toEqualTypeOf<{ readonly hour: number }[]>();
  expectTypeOf<ItemOf<Methods["test.hours"]>>().toEqualTypeOf<{ readonly hour: number }>();
  expectTypeOf<readonly [1]>().toExtend<ArgumentsOf<Methods["test.add"]>>();
  expectTypeOf<{ readonly b: 1 }>().toExtend<ArgumentsOf<Methods["test.add"]>>();
  expectTypeOf<readonly ["1"]>().not.toExtend<ArgumentsOf<Methods["test.add"]>>();
});

it("check each call", () => {
  const use = async (client: Client<Methods>, untyped: Client): Promise<void> => {
    expectTypeOf(await client.call("test.add", [1, 2])).toEqualTypeOf<number>();
    expectTypeOf(await client.call("management.ping")).toEqualTypeOf<"pong">();
    for await (const item of client.stream("test.hours", ["Oslo"])) expectTypeOf(item.hour).toEqualTypeOf<number>();
    expectTypeOf(await untyped.call("any.thing", [1, "a"])).toEqualTypeOf<unknown>();
    // @ts-expect-error -- an argument of another type
    await client.call("test.add", ["1"]);
    // @ts-expect-error -- an unknown method
    await client.call("test.sub", [1]);
  };
  expectTypeOf(use).returns.toEqualTypeOf<Promise<void>>();
});
