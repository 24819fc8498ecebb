// Who somebody is and what they may do.

/** Has every role. */
export const adminRole = "admin";

/** Held by daemons that logged in as a service; it too has every role. */
export const serviceRole = "service";

/** Somebody who is logged in. */
export interface Principal {
  readonly kind: "user" | "service";
  readonly name: string;
  readonly roles: ReadonlySet<string>;
  /** Of users: which of their passwords was the right one when they logged in, see {@link User.passwordVersion}. */
  readonly passwordVersion?: number;
}

/** Which groups may log in, and as what. */
export interface AccessRules {
  /** Members of this group are administrators. Default `wheel`. */
  readonly adminGroup?: string;
  /** Roles of the members of other groups. Default none: nobody else can log in. */
  readonly groupRoles?: Readonly<Record<string, readonly string[]>>;
}

/** The roles that a member of `groups` has; empty for somebody who may not log in. */
export function rolesOf(
  groups: readonly string[],
  { adminGroup = "wheel", groupRoles = {} }: AccessRules,
): ReadonlySet<string> {
  const roles = groups.flatMap((group) => (Object.hasOwn(groupRoles, group) ? (groupRoles[group] ?? []) : []));
  return new Set(groups.includes(adminGroup) ? [adminRole, ...roles] : roles);
}

/** True when a principal has all of the roles; nobody (undefined) has none, and administrators and services have every one. */
export function hasRoles(principal: Principal | undefined, roles: readonly string[]): boolean {
  if (principal === undefined) return roles.length === 0;
  return isPrivileged(principal) || roles.every((role) => principal.roles.has(role));
}

/** True for administrators and services, who may call private methods. */
export function isPrivileged(principal: Principal | undefined): boolean {
  return principal !== undefined && (principal.roles.has(adminRole) || principal.roles.has(serviceRole));
}
