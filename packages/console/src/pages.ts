// The pages in the rail's order: name, address, group. Adding a page is a line here and one in app.tsx.

/** One page of the rail. */
export interface PageEntry {
  readonly name: string;
  readonly path: string;
  readonly group: number;
  /** What a phone's bottom bar calls it. */
  readonly phone?: string;
  /** The service that it shows; where the server does not offer it there is no such page. */
  readonly needs?: string;
}

/** All pages. */
export const pages: readonly PageEntry[] = [
  { name: "Overview", path: "/", group: 0, needs: "metrics" },
  { name: "Conversation", path: "/talk", group: 0, phone: "Talk", needs: "send" },
  { name: "Messages", path: "/messages", group: 0, needs: "messages" },
  { name: "Queues", path: "/queues", group: 0, needs: "bus" },
  { name: "Channels", path: "/channels", group: 1, needs: "channels" },
  { name: "Routers", path: "/routers", group: 1, needs: "routers" },
  { name: "Applications", path: "/applications", group: 1, needs: "applications" },
  { name: "Tasks", path: "/tasks", group: 2 },
  { name: "Services", path: "/services", group: 2 },
  { name: "Events", path: "/events", group: 2 },
  { name: "Plugins", path: "/plugins", group: 3 },
  { name: "Sessions", path: "/sessions", group: 3 },
  { name: "Logs", path: "/logs", group: 3, needs: "logs" },
  { name: "System", path: "/system", group: 3, needs: "system" },
  { name: "Settings", path: "/settings", group: 3 },
];

/** The page an address belongs to. */
export function pageOf(path: string): PageEntry | undefined {
  const first = path.split("/")[1] ?? "";
  return pages.find((page) => page.path === `/${first}`);
}
