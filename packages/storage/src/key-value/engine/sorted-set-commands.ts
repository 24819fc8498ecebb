// Commands on sorted sets.

import type { Entries } from "./entries.ts";
import type { CommandSet } from "./command-set.ts";
import { type Entry, sliceOf } from "./entry-store.ts";

type SortedSetCommand =
  "zscore" | "zcard" | "zcount" | "zrange" | "zrangebyscore" | "zadd" | "zrem" | "zremrangebyrank";

/** Commands on sorted sets. */
export function sortedSetCommands(entries: Entries): CommandSet<SortedSetCommand> {
  const { store } = entries;
  const removeMembers = (entry: Entry, members: readonly string[]): number => {
    const removed = members.filter((member) => store.deleteMember(entry, member)).length;
    if (removed > 0) entries.changed(entry);
    return removed;
  };

  return {
    zscore: (key, member) => {
      const entry = entries.get(key, "zset");
      return entry === undefined ? undefined : store.score(entry, member);
    },
    zcard: (key) => entries.get(key, "zset")?.size ?? 0,
    zcount: (key, min, max) => {
      const entry = entries.get(key, "zset");
      return entry === undefined ? 0 : store.countByScore(entry, min, max);
    },
    zrange: (key, start, stop, reverse) => {
      const entry = entries.get(key, "zset");
      return entry === undefined ? [] : store.membersByRank(entry, sliceOf(entry.size, start, stop), reverse);
    },
    zrangebyscore: (key, min, max, offset, limit) => {
      const entry = entries.get(key, "zset");
      return entry === undefined ? [] : store.membersByScore(entry, { min, max }, { offset, limit });
    },
    zadd: (key, score, member) => {
      const entry = entries.getOrCreate(key, "zset");
      const isNew = store.setScore(entry, member, score);
      entries.changed(entry);
      return isNew;
    },
    zrem: (key, ...members) => {
      const entry = members.length === 0 ? undefined : entries.get(key, "zset");
      return entry === undefined ? 0 : removeMembers(entry, members);
    },
    zremrangebyrank: (key, start, stop) => {
      const entry = entries.get(key, "zset");
      if (entry === undefined) return 0;
      const doomed = store.membersByRank(entry, sliceOf(entry.size, start, stop), false);
      return removeMembers(
        entry,
        doomed.map(({ member }) => member),
      );
    },
  };
}
