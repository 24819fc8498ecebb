// The resource graph, by itself and against a simple model.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResourceGraph } from "../../src/tasks/index.ts";

describe("resource graph", () => {
  it("links children that are given at creation, hangs orphans under root and ignores unknown parents", () => {
    const graph = new ResourceGraph();
    graph.register("b");
    graph.register("a", { parents: ["unknown"], children: ["b"] });
    graph.acquire(["a"], 1);
    expect(graph.list()).toEqual([
      { name: "root", busy: false },
      { name: "system", busy: false },
      { name: "b", busy: true },
      { name: "a", busy: true },
    ]);
    expect(graph.toDot()).toContain('"root" -> "a";');
  });

  it.each([
    ["a name that is taken", (graph: ResourceGraph) => graph.register("system"), "RESOURCE_EXISTS"],
    ["an unknown child", (graph: ResourceGraph) => graph.register("x", { children: ["y"] }), "RESOURCE_UNKNOWN"],
    [
      "a ring",
      (graph: ResourceGraph) => graph.register("x", { parents: ["system"], children: ["root"] }),
      "RESOURCE_INVALID",
    ],
    ["the removal of root", (graph: ResourceGraph) => graph.unregister("root"), "RESOURCE_INVALID"],
  ])("refuses %s", (_, change, code) => {
    expect(() => change(new ResourceGraph())).toThrow(expect.objectContaining({ code }));
  });

  it("answers as a model that looks at everything does", () => {
    const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
    const step = fc.oneof(
      fc.record({ do: fc.constant("register"), name, other: name }),
      fc.record({ do: fc.constant("reparent"), name, other: name }),
      fc.record({ do: fc.constant("rename"), name, other: name }),
      fc.record({ do: fc.constant("remove"), name, other: name }),
      fc.record({ do: fc.constant("acquire"), name, other: name }),
      fc.record({ do: fc.constant("release"), name, other: name }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const graph = new ResourceGraph();
        const model = new Model();
        for (const [index, { do: what, name, other }] of steps.entries()) {
          if (what === "acquire") {
            const isFree = graph.obstacle([name, other]) === undefined;
            expect(isFree).toBe(model.isFree([name, other]));
            if (isFree) {
              graph.acquire([...new Set([name, other])], index);
              model.acquire([name, other], index);
            }
          } else if (what === "release") {
            const holder = model.holders()[0];
            if (holder !== undefined) graph.release(holder);
            if (holder !== undefined) model.release(holder);
          } else change(graph, model, { what, name, other });
        }
        expect(
          graph
            .list()
            .map(({ name }) => name)
            .toSorted(),
        ).toEqual(model.names());
      }),
    );
  });
});

function change(
  graph: ResourceGraph,
  model: Model,
  { what, name, other }: { what: string; name: string; other: string },
): void {
  try {
    if (what === "register") graph.register(name, { parents: [other] });
    else if (what === "reparent") graph.update(name, { parents: [other] });
    else if (what === "rename") graph.rename(name, other);
    else graph.unregister(name);
  } catch {
    return;
  }
  if (what === "register") model.put(name, model.has(other) ? other : "root");
  else if (what === "reparent") model.put(name, model.has(other) ? other : "root");
  else if (what === "rename") model.rename(name, other);
  else model.remove(name);
}

/** Each resource with its one parent and its holder. */
class Model {
  #nodes = new Map<string, { parent: string | undefined; holder: number | undefined }>([
    ["root", { parent: undefined, holder: undefined }],
    ["system", { parent: "root", holder: undefined }],
  ]);

  has = (name: string): boolean => this.#nodes.has(name);
  names = (): string[] => [...this.#nodes.keys()].toSorted();
  holders = (): number[] => [...this.#nodes.values()].flatMap(({ holder }) => holder ?? []);

  put(name: string, parent: string): void {
    this.#nodes.set(name, { parent, holder: this.#nodes.get(name)?.holder });
  }

  rename(from: string, to: string): void {
    const node = this.#nodes.get(from);
    if (node === undefined || from === to) return;
    this.#nodes.delete(from);
    this.#nodes.set(to, node);
    for (const one of this.#nodes.values()) if (one.parent === from) one.parent = to;
  }

  remove(name: string): void {
    for (const one of this.names()) if (one === name || this.#above(one).includes(name)) this.#doomed.push(one);
    for (const one of this.#doomed.splice(0)) this.#nodes.delete(one);
  }

  isFree(names: string[]): boolean {
    return names.every((name) => {
      if (!this.has(name)) return false;
      const related = this.names().filter(
        (one) => one === name || this.#above(name).includes(one) || this.#above(one).includes(name),
      );
      return related.every((one) => this.#nodes.get(one)?.holder === undefined);
    });
  }

  acquire(names: string[], holder: number): void {
    for (const name of names) this.#nodes.set(name, { parent: this.#nodes.get(name)?.parent, holder });
  }

  release(holder: number): void {
    for (const node of this.#nodes.values()) if (node.holder === holder) node.holder = undefined;
  }

  readonly #doomed: string[] = [];

  #above(name: string): string[] {
    const parent = this.#nodes.get(name)?.parent;
    return parent === undefined ? [] : [parent, ...this.#above(parent)];
  }
}
