// Channels, routers and applications: three lists of one shape, and the pages of one object. Which kind is the first part of the path.

import type { JSX } from "preact";
import { segments } from "../../router.ts";
import { CreatePage } from "./create.tsx";
import { kindOf } from "./kinds.ts";
import { WorkerList } from "./worker-list.tsx";
import { WorkerPage } from "./worker-page.tsx";

/** The pages under `/channels`, `/routers` and `/applications`. */
export default function WorkersPage(): JSX.Element {
  const [first = "channels", name] = segments.value;
  const { kind, title } = kindOf(first);
  if (name === "new") return <CreatePage plural={first} kind={kind} />;
  if (name !== undefined) return <WorkerPage key={`${first}/${name}`} plural={first} title={title} name={name} />;
  return <WorkerList key={first} plural={first} />;
}
