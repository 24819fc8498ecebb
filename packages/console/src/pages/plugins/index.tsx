// Plugins: what is loaded, from where, and what each has registered.

import type { JSX } from "preact";
import { Lamp } from "../../parts/lamp.tsx";
import { SimpleListPage } from "../../parts/simple-list.tsx";
import type { Column } from "../../parts/table.tsx";

interface Plugin {
  readonly name: string;
  readonly state: string;
  readonly error: unknown;
  readonly file?: string | null;
  readonly services?: readonly string[];
}

function isBroken(plugin: Plugin): boolean {
  return plugin.error !== null && plugin.error !== undefined;
}

const columns: readonly Column<Plugin>[] = [
  {
    id: "name",
    name: "Plugin",
    width: "minmax(120px, 1fr)",
    cell: (plugin) => (
      <>
        <Lamp state={isBroken(plugin) ? "down" : "ok"} size={10} name="" /> <b>{plugin.name}</b>
      </>
    ),
    sort: (plugin) => plugin.name,
    phone: "name",
  },
  {
    id: "state",
    name: "State",
    width: "110px",
    cell: (plugin) => plugin.state,
    sort: (plugin) => plugin.state,
    phone: "end",
  },
  {
    id: "services",
    name: "Services",
    width: "minmax(120px, 1fr)",
    cell: (plugin) => (plugin.services ?? []).join(", "),
    phone: "text",
  },
  {
    id: "file",
    name: "From",
    width: "minmax(120px, 1fr)",
    cell: (plugin) => plugin.file ?? "built in",
    phone: "least",
  },
];

/** The page. */
export default function PluginsPage(): JSX.Element {
  return (
    <SimpleListPage<Plugin>
      title="Plugins"
      noun="plugin"
      method="plugins.query"
      columns={columns}
      keyOf={(plugin) => plugin.name}
      about="Plugins add services, tasks and events."
    />
  );
}
