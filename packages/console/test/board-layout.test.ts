// The map: its order depends on configuration only, crosses little, and is quick enough for 300 nodes.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BoardData,
  cordWidth,
  countCrossings,
  groupBoard,
  layoutBoard,
  modeOf,
  orderBoard,
  pathOf,
} from "../src/parts/board-layout.ts";
import { largeMap } from "../src/testing/data/large-map.ts";
import { mapSeed } from "../src/testing/data/map.ts";

function crossingsOf(data: BoardData): number {
  const order = orderBoard(data);
  return (
    countCrossings(data.lines, order.channel, order.router) +
    countCrossings(data.lines, order.router, order.application)
  );
}

describe("layout of the map", () => {
  it("A9 is the same whatever order the nodes and lines come in", () => {
    const layout = layoutBoard(mapSeed, 1168);
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...mapSeed.nodes], { minLength: mapSeed.nodes.length }),
        fc.shuffledSubarray([...mapSeed.lines], { minLength: mapSeed.lines.length }),
        (nodes, lines) => {
          const other = layoutBoard({ nodes, lines }, 1168);
          expect(other.nodes.map(({ name, x, y }) => [name, x, y])).toEqual(
            layout.nodes.map(({ name, x, y }) => [name, x, y]),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it("crosses no cord between channels and routers of the clinic, and fewer than by name", () => {
    const order = orderBoard(mapSeed);
    expect(countCrossings(mapSeed.lines, order.channel, order.router)).toBe(0);
    const byName = (kind: string): string[] =>
      mapSeed.nodes
        .filter((node) => node.kind === kind)
        .map(({ name }) => name)
        .toSorted();
    const named =
      countCrossings(mapSeed.lines, byName("channel"), byName("router")) +
      countCrossings(mapSeed.lines, byName("router"), byName("application"));
    expect(crossingsOf(mapSeed)).toBeLessThan(named);
  });

  it("counts crossings as pairs do", () => {
    const names = ["a", "b", "c", "d", "e"];
    const lines = fc.array(fc.record({ from: fc.constantFrom(...names), to: fc.constantFrom(...names) }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(lines, (given) => {
        let pairs = 0;
        for (const [index, one] of given.entries()) {
          for (const other of given.slice(index + 1)) {
            const [left, right] = [
              names.indexOf(one.from) - names.indexOf(other.from),
              names.indexOf(one.to) - names.indexOf(other.to),
            ];
            if (left * right < 0) pairs++;
          }
        }
        expect(countCrossings(given, names, names)).toBe(pairs);
      }),
    );
  });

  it("is roomy for 3 nodes, strips for 30, fields of jacks for 300", () => {
    expect(modeOf(largeMap(3).map)).toBe("roomy");
    expect(modeOf(mapSeed)).toBe("strips");
    expect(modeOf(largeMap(24).map)).toBe("dense");
    expect(modeOf(groupBoard(largeMap(300).map))).toBe("fields");
  });

  it("keeps every node of 300 in exactly one group, and opens one in place", () => {
    const { map } = largeMap(300);
    const grouped = groupBoard(map);
    const members = grouped.nodes.flatMap((node) => node.members ?? [node.name]);
    expect(members.toSorted()).toEqual(map.nodes.map(({ name }) => name).toSorted());
    const opened = groupBoard(map, new Set(["router:by keyword"]));
    expect(opened.nodes.filter(({ kind, members }) => kind === "router" && members === undefined).length).toBe(8);
  });

  it("A10 fits 300 nodes with a trouble named into 1,440 × 900", () => {
    const grouped = groupBoard(largeMap(300).map);
    const layout = layoutBoard(grouped, 1168, new Map(grouped.nodes.map(({ name }) => [name, 2])));
    expect(layout.height).toBeLessThan(560);
  });

  it("puts no node over another, and every jack on a border", () => {
    const layout = layoutBoard(mapSeed, 1168);
    for (const node of layout.nodes) {
      const below = layout.nodes.filter((other) => other !== node && other.x === node.x && other.y >= node.y);
      expect(below.every((other) => other.y >= node.y + node.height)).toBe(true);
    }
    const borders = new Set(layout.nodes.flatMap(({ x, width }) => [x, x + width]));
    expect(layout.lines.every(({ x1, x2 }) => borders.has(x1) && borders.has(x2))).toBe(true);
  });

  it("makes cords thicker with traffic, up to 6 px", () => {
    expect(cordWidth(0)).toBeCloseTo(1.1);
    expect(cordWidth(926)).toBeCloseTo(5.11, 1);
    expect(cordWidth(1e9)).toBe(6);
  });

  it("keeps the whole path of what is pointed at, and nothing else", () => {
    const kept = pathOf(mapSeed, "xmpp-help");
    expect([...kept].filter((name) => !name.includes(">")).toSorted()).toEqual([
      "desk",
      "echo",
      "help-desk",
      "xmpp-help",
    ]);
  });
});
