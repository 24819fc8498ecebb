// What tasks lock: named resources in a directed acyclic graph below `root`. Taking one locks everything below it, so it is refused while
// anything above or below is taken. Who waits for what, and in which order, is the scheduler's business.

import { ServerError } from "../errors.ts";

/** Where a resource belongs. */
export interface ResourcePlace {
  /** Default, and when none of them exists: `root`. Unknown ones are ignored. */
  readonly parents?: readonly string[] | undefined;
  /** Must exist. Default none. */
  readonly children?: readonly string[] | undefined;
}

/** Something that keeps a set of resources from being taken: compared by identity, see {@link ResourceGraph.obstacle}. */
export type Obstacle = object | string;

interface Resource {
  name: string;
  readonly parents: Set<Resource>;
  readonly children: Set<Resource>;
  holder: number | undefined;
  /** How many resources below it are held. */
  heldBelow: number;
  /** Stands for "something below is held", as the resource itself stands for "this is held". */
  readonly below: object;
}

const maxNameLength = 512;

/** The resources of a server, and which task holds which. */
export class ResourceGraph {
  readonly #resources = new Map<string, Resource>();
  readonly #held = new Map<number, Resource[]>();
  readonly #root: Resource;
  readonly #onChange: (changed: readonly Obstacle[] | "all") => void;

  /** `onChange` is told which obstacles may be gone because the graph was changed. It has `root` and `system` from the beginning. */
  constructor(onChange: (changed: readonly Obstacle[] | "all") => void = () => undefined) {
    this.#onChange = onChange;
    this.#root = newResource("root");
    this.#resources.set("root", this.#root);
    this.register("system");
  }

  /** True when there is a resource of that name. */
  has(name: string): boolean {
    return this.#resources.has(name);
  }

  /**
   * Adds a resource.
   *
   * @throws {ServerError} RESOURCE_EXISTS, RESOURCE_UNKNOWN (a child), RESOURCE_INVALID (name, cycle).
   */
  register(name: string, { parents = [], children = [] }: ResourcePlace = {}): void {
    this.#checkNew(name);
    const below = children.map((child) => this.#find(child));
    const resource = newResource(name);
    const above = this.#known(parents);
    for (const child of below) {
      if (above.some((parent) => parent === child || isAbove(child, parent))) throw cycle(name, child.name);
    }
    this.#resources.set(name, resource);
    for (const parent of above) connect(parent, resource);
    for (const child of below) connect(resource, child);
    if (below.some(isTouched)) this.#recount();
    this.#onChange(below.length > 0 ? "all" : [name]);
  }

  /**
   * Replaces a resource's parents, when given, and adds children.
   *
   * @throws {ServerError} RESOURCE_UNKNOWN, RESOURCE_INVALID (cycle, or `root` given parents).
   */
  update(name: string, { parents, children = [] }: ResourcePlace): void {
    const resource = this.#find(name);
    const below = children.map((child) => this.#find(child));
    const above = parents === undefined ? [...resource.parents] : this.#known(parents);
    if (resource === this.#root && parents !== undefined) throw invalid("root has no parents");
    for (const child of below) {
      const isRing =
        child === resource || isAbove(child, resource) || above.some((one) => one === child || isAbove(child, one));
      if (isRing) throw cycle(name, child.name);
    }
    for (const parent of above) if (parent === resource || isAbove(resource, parent)) throw cycle(name, parent.name);
    for (const parent of resource.parents) parent.children.delete(resource);
    resource.parents.clear();
    for (const parent of above) connect(parent, resource);
    for (const child of below) connect(resource, child);
    this.#recount();
    this.#onChange("all");
  }

  /** Gives a resource another name; place and holder stay. @throws {ServerError} RESOURCE_UNKNOWN, RESOURCE_EXISTS, RESOURCE_INVALID. */
  rename(name: string, newName: string): void {
    const resource = this.#find(name);
    if (resource === this.#root) throw invalid("root cannot be renamed");
    if (name === newName) return;
    this.#checkNew(newName);
    this.#resources.delete(name);
    resource.name = newName;
    this.#resources.set(newName, resource);
    this.#onChange("all");
  }

  /** Removes resources and everything below them; unknown names are ignored, so that what goes with its parent may be named too. @throws {ServerError} RESOURCE_INVALID for `root`. */
  unregister(...names: readonly string[]): void {
    if (names.includes("root")) throw invalid("root cannot be removed");
    let isTouchedAbove = false;
    for (const name of names) {
      const resource = this.#resources.get(name);
      if (resource === undefined) continue;
      for (const gone of [resource, ...reach(resource, "children")]) {
        isTouchedAbove ||= isTouched(gone);
        this.#remove(gone);
      }
    }
    if (isTouchedAbove) this.#recount();
    this.#onChange("all");
  }

  /** All resources. `busy` says that no task could take it: it, or something above it, is held. */
  list(): { readonly name: string; readonly busy: boolean }[] {
    const busy = new Set<Resource>();
    for (const held of this.#held.values()) {
      for (const resource of held) for (const one of [resource, ...reach(resource, "children")]) busy.add(one);
    }
    return Array.from(this.#resources.values(), (resource) => ({ name: resource.name, busy: busy.has(resource) }));
  }

  /** The graph as DOT text, held resources filled. */
  toDot(): string {
    const lines: string[] = [];
    for (const { name, holder, children } of this.#resources.values()) {
      lines.push(`  ${quoted(name)}${holder === undefined ? "" : " [style=filled]"};`);
      for (const child of children) lines.push(`  ${quoted(name)} -> ${quoted(child.name)};`);
    }
    return ["digraph resources {", ...lines, "}", ""].join("\n");
  }

  // ── Taking and giving back: the scheduler's side ───────────────────────────────────────────────────────────────────

  /** What keeps a new holder from taking all of these now, undefined when nothing does. A text stands for a missing resource. */
  obstacle(names: readonly string[]): Obstacle | undefined {
    for (const name of names) {
      const resource = this.#resources.get(name);
      if (resource === undefined) return name;
      if (resource.holder !== undefined) return resource;
      for (const above of reach(resource, "parents")) if (above.holder !== undefined) return above;
      if (resource.heldBelow > 0) return resource.below;
    }
    return undefined;
  }

  /** Takes all of these, which nothing keeps `holder` from. Two of one subtree do not disturb each other. */
  acquire(names: readonly string[], holder: number): void {
    const held = names.map((name) => this.#find(name));
    for (const resource of held) resource.holder = holder;
    this.#held.set(holder, held);
    for (const resource of held) for (const above of reach(resource, "parents")) above.heldBelow++;
  }

  /** Gives back what `holder` has. Returns the obstacles that are gone. */
  release(holder: number): Obstacle[] {
    const gone: Obstacle[] = [];
    for (const resource of this.#held.get(holder) ?? []) {
      resource.holder = undefined;
      gone.push(resource);
      for (const above of reach(resource, "parents")) if (--above.heldBelow === 0) gone.push(above.below);
    }
    this.#held.delete(holder);
    return gone;
  }

  /** True when no two tasks may have these two sets at once. Missing resources disturb nobody. */
  conflict(some: readonly string[], others: readonly string[]): boolean {
    const named = new Set(this.#existing(some));
    const above = new Set<Resource>();
    for (const resource of named) for (const one of reach(resource, "parents")) above.add(one);
    return this.#existing(others).some((other) => {
      if (named.has(other) || above.has(other)) return true;
      for (const one of reach(other, "parents")) if (named.has(one)) return true;
      return false;
    });
  }

  // ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #existing(names: readonly string[]): Resource[] {
    return names.flatMap((name) => this.#resources.get(name) ?? []);
  }

  #known(parents: readonly string[]): Resource[] {
    const known = this.#existing(parents);
    return known.length > 0 ? known : [this.#root];
  }

  #find(name: string): Resource {
    const resource = this.#resources.get(name);
    if (resource !== undefined) return resource;
    throw new ServerError("RESOURCE_UNKNOWN", `no resource ${JSON.stringify(name.slice(0, 100))}`);
  }

  #checkNew(name: string): void {
    if (name === "" || name.length > maxNameLength)
      throw invalid(`expected a name of 1 to ${maxNameLength} characters`);
    if (this.#resources.has(name))
      throw new ServerError("RESOURCE_EXISTS", `the resource ${JSON.stringify(name)} exists`);
  }

  #remove(resource: Resource): void {
    this.#resources.delete(resource.name);
    for (const parent of resource.parents) parent.children.delete(resource);
    for (const child of resource.children) child.parents.delete(resource);
    resource.parents.clear();
    resource.children.clear();
    if (resource.holder === undefined) return;
    // A task may remove what it holds, and has nothing to give back then.
    const held = this.#held.get(resource.holder);
    if (held !== undefined)
      this.#held.set(
        resource.holder,
        held.filter((one) => one !== resource),
      );
  }

  #recount(): void {
    for (const resource of this.#resources.values()) resource.heldBelow = 0;
    for (const held of this.#held.values()) {
      for (const resource of held) for (const above of reach(resource, "parents")) above.heldBelow++;
    }
  }
}

function newResource(name: string): Resource {
  return { name, parents: new Set(), children: new Set(), holder: undefined, heldBelow: 0, below: {} };
}

function connect(parent: Resource, child: Resource): void {
  parent.children.add(child);
  child.parents.add(parent);
}

function isTouched({ holder, heldBelow }: Resource): boolean {
  return holder !== undefined || heldBelow > 0;
}

/** Everything above or below a resource, without itself, each once. */
function reach(resource: Resource, direction: "parents" | "children"): Set<Resource> {
  const reached = new Set(resource[direction]);
  // A set that grows while it is walked is walked to its new end.
  for (const one of reached) for (const next of one[direction]) reached.add(next);
  return reached;
}

function isAbove(above: Resource, below: Resource): boolean {
  return reach(below, "parents").has(above);
}

function cycle(name: string, other: string): ServerError {
  return invalid(`${JSON.stringify(name)} would lie above and below ${JSON.stringify(other)}`);
}

function invalid(message: string): ServerError {
  return new ServerError("RESOURCE_INVALID", message);
}

function quoted(name: string): string {
  return `"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
