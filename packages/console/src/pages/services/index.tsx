// Services: every method with its description and schema; fill in a form, call it, see the result, copy the same call.

import type { JSX } from "preact";
import { Bar } from "../../parts/bar.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { Loaded, State } from "../../parts/state.tsx";
import { navigate, path, place, segments, setQuery } from "../../router.ts";
import { isNarrow } from "../../services/narrow.ts";
import type { MethodInfo } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";
import { MethodPanel } from "./method-panel.tsx";

/** The page. */
export default function ServicesPage(): JSX.Element {
  const services = useCall<readonly string[]>("discovery.get_services");
  const [, service, name] = segments.value;
  const methods = useCall<readonly MethodInfo[]>(service === undefined ? undefined : "discovery.get_methods", [
    service,
  ]);
  const text = place.value.query.get("q") ?? "";
  // The whole catalogue is read only when somebody looks for a method.
  const found = useMethodNames(text);
  const method = methods.data?.find((each) => each.name === name);
  const crumbs = [
    ...(service === undefined ? [] : [{ name: "Services", href: "/services" }]),
    ...(name === undefined ? [] : [{ name: service ?? "", href: path("services", service ?? "") }]),
  ];
  return (
    <>
      <Bar
        path={crumbs}
        title={name ?? service ?? "Services"}
        note={method === undefined ? undefined : <Roles method={method} />}
      />
      <div class={method === undefined ? "explorer" : "explorer explorer-open"}>
        <nav class="explorer-tree" aria-label="Services and methods">
          <Filter
            label="Find a method"
            value={text}
            onChange={(value) => setQuery({ q: value })}
            placeholder="Find a method"
            isReady={service === undefined && !isNarrow.value}
            onEnter={() => {
              const [[service, [method]] = ["", []]] = found;
              if (method !== undefined) navigate(path("services", service, method));
            }}
          />
          <Loaded of={services} what="The list of services">
            {(all) => (
              <ul>
                {all
                  .filter((each) => each.includes(text) || each === service || found.has(each))
                  .toSorted()
                  .map((each) => (
                    <li key={each}>
                      <a
                        href={path("services", each)}
                        aria-current={each === service && name === undefined ? "page" : undefined}
                      >
                        {each === service ? <b>{each}</b> : each}
                        {each === service && methods.data !== undefined ? (
                          <span class="num">{methods.data.length}</span>
                        ) : null}
                      </a>
                      {each === service ? (
                        <MethodList service={each} methods={methods.data ?? []} open={name} />
                      ) : (
                        <FoundMethods service={each} names={found.get(each) ?? []} />
                      )}
                    </li>
                  ))}
              </ul>
            )}
          </Loaded>
        </nav>
        {method === undefined || service === undefined ? (
          <div>
            <State
              kind="empty"
              title={
                service === undefined ? "Every method the console uses, and the rest" : `Choose a method of ${service}`
              }
            >
              <p>Whatever a page here does is a call that can be made by hand: choose a service, then a method.</p>
            </State>
          </div>
        ) : (
          <MethodPanel key={`${service}.${method.name}`} service={service} method={method} />
        )}
      </div>
    </>
  );
}

/** Methods whose name, with that of their service, has the text, by service; none before at least two letters. */
function useMethodNames(text: string): ReadonlyMap<string, readonly string[]> {
  const isWanted = text.length > 1;
  const all = useCall<{ readonly methods: readonly { readonly name: string }[] }>(
    isWanted ? "rpc.discover" : undefined,
  );
  const found = new Map<string, string[]>();
  if (!isWanted) return found;
  for (const { name } of all.data?.methods ?? []) {
    const [service = "", method = ""] = name.split(".");
    if (method !== "" && name.includes(text)) found.set(service, [...(found.get(service) ?? []), method]);
  }
  return found;
}

function FoundMethods({
  service,
  names,
}: {
  readonly service: string;
  readonly names: readonly string[];
}): JSX.Element | null {
  if (names.length === 0) return null;
  return (
    <ul>
      {names.map((name) => (
        <li key={name}>
          <a href={`${path("services", service, name)}${location.search}`}>{name}</a>
        </li>
      ))}
    </ul>
  );
}

function MethodList({
  service,
  methods,
  open,
}: {
  readonly service: string;
  readonly methods: readonly MethodInfo[];
  readonly open: string | undefined;
}): JSX.Element {
  return (
    <ul>
      {methods
        .filter((method) => method.private !== true)
        .map((method) => (
          <li key={method.name}>
            <a href={path("services", service, method.name)} aria-current={method.name === open ? "page" : undefined}>
              {method.name}
            </a>
          </li>
        ))}
    </ul>
  );
}

function Roles({ method }: { readonly method: MethodInfo }): JSX.Element {
  const roles = method.roles ?? [];
  if (roles.length === 0) return <span>for everybody who is logged in</span>;
  return (
    <span>
      role <b>{roles.join(" or ")}</b>, {method.allowed === false ? "you do not have it" : "you have it"}
      {method.allowed === false ? (
        <>
          {" "}
          <Lamp state="stopped" size={10} name="" />
        </>
      ) : null}
    </span>
  );
}
