// The door to users, logins, roles and tokens.

export { type AuditEntry, AuditLog, isSecretName, maskSecrets } from "./audit-log.ts";
export { Authenticator, type AuthenticatorOptions, type LoginRequest } from "./authenticator.ts";
export { type KeptToken, KeptTokens } from "./kept-tokens.ts";
export { type LoginAttempt, LoginThrottle, type LoginThrottleOptions, networkOf } from "./login-throttle.ts";
export { generatePassword, hashPassword, verifyPassword } from "./passwords.ts";
export {
  type AccessRules,
  adminRole,
  hasRoles,
  isPrivileged,
  type Principal,
  rolesOf,
  serviceRole,
} from "./principal.ts";
export { type SessionFields, SessionLog } from "./session-log.ts";
export { type IssuedToken, type TokenKind, type TokenRequest, TokenStore, type TokenStoreOptions } from "./tokens.ts";
export { type User, type UserBackend, type UserFields, UserStore } from "./users.ts";
