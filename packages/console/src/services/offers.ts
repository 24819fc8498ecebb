// What the server offers, and with it which pages there are: a plain dispatcher server has no messaging.

import { type ReadonlySignal, type Signal, computed, signal } from "@preact/signals";
import { type PageEntry, pageOf, pages } from "../pages.ts";
import type { Gateway } from "./connection.ts";

/** Names of the server's services; undefined until they are known. */
const services: Signal<ReadonlySet<string> | undefined> = signal();

/** The pages of this server, in the rail's order; undefined until they are known. */
export const shownPages: ReadonlySignal<readonly PageEntry[] | undefined> = computed(() =>
  services.value === undefined ? undefined : pages.filter(isShown),
);

/** How many of them a phone's bottom bar has; the others are behind More. */
export const phonePages = 4;

/** Whether the server has a service. */
export function offers(service: string): boolean {
  return services.value?.has(service) === true;
}

/** The page that an address belongs to, if this server has it. */
export function shownPageOf(path: string): PageEntry | undefined {
  const page = pageOf(path);
  return page !== undefined && isShown(page) ? page : undefined;
}

/** Asks the server, once it has all that it will have: after a restart clients are let in before the plugins are there. */
export async function readOffers(client: Gateway): Promise<void> {
  try {
    await client.call("management.wait_ready");
    services.value = new Set((await client.call("discovery.get_services")) as readonly string[]);
  } catch {
    // Each page then tells what it cannot have.
    services.value ??= new Set(pages.flatMap(({ needs }) => needs ?? []));
  }
}

function isShown({ needs }: PageEntry): boolean {
  return needs === undefined || offers(needs);
}
