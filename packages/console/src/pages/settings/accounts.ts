// Accounts and the groups that they can be in, as the server tells of them.

import { useCall, type CallState } from "../../services/use-call.ts";

/** One account. */
export interface Account {
  readonly username: string;
  readonly full_name?: string;
  readonly groups: readonly string[];
  /** What its groups give it; none: it may not sign in. */
  readonly roles: readonly string[];
  readonly locked?: boolean;
}

/** A group, and what its members may do. */
export interface Group {
  readonly group: string;
  readonly roles: readonly string[];
}

/** What the roles of a gateway are for. */
export const meanings: Readonly<Record<string, string>> = {
  viewer: "sees every page, changes nothing",
  operator: "starts, stops, pauses, retries, sends, changes settings and rules",
  admin: "all of it, and drops messages, writes the configuration file, ends sessions, manages users",
};

/** All accounts. */
export function useAccounts(): CallState<readonly Account[]> {
  return useCall<readonly Account[]>("users.query", [], ["users.*"]);
}

/** Whether an account may do everything. */
function isAdministrator({ locked, roles }: Account): boolean {
  return locked !== true && roles.includes("admin");
}

/** Whether nobody could undo it if this account were no administrator any more. */
export function isLastAdministrator(account: Account, all: readonly Account[]): boolean {
  return isAdministrator(account) && all.filter(isAdministrator).length === 1;
}

/** The groups to choose from: of two that give the same, the one that is called like it, unless the account is in the other. */
export function groupsToOffer(groups: readonly Group[], given: readonly string[]): readonly Group[] {
  return groups.filter(
    ({ group, roles }) =>
      given.includes(group) ||
      !groups.some(
        (other) => other.group !== group && other.group === other.roles[0] && other.roles.join() === roles.join(),
      ),
  );
}
