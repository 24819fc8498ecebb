// The three kinds of objects that these pages are about, by the first part of the path.

import type { WorkerKind } from "../../services/types.ts";

interface Kind {
  readonly kind: WorkerKind;
  readonly title: string;
  /** What one is. */
  readonly about: string;
}

const channels: Kind = { kind: "channel", title: "Channels", about: "A channel is a line people can reach you on." };
const kinds: Readonly<Record<string, Kind>> = {
  channels,
  routers: { kind: "router", title: "Routers", about: "A router decides which application gets a message." },
  applications: { kind: "application", title: "Applications", about: "An application answers what people write." },
};

/** The kind of a path's first part. */
export function kindOf(plural: string): Kind {
  return kinds[plural] ?? channels;
}
