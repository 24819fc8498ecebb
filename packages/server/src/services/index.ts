// The door to the built-in services.

import { UserStore } from "../auth/index.ts";
import type { ServiceDefinition } from "../rpc/service.ts";
import { debugService } from "./debug-service.ts";
import { eventService } from "./event-service.ts";
import { lockService } from "./lock-service.ts";
import { managementService } from "./management-service.ts";
import { pluginsService } from "./plugins-service.ts";
import type { ServerHost } from "./server-host.ts";
import { sessionService } from "./session-service.ts";
import { syslogService } from "./syslog-service.ts";
import { usersService } from "./users-service.ts";

export { Locks } from "./locks.ts";
export { LogRing } from "./log-ring.ts";
export type { LogControl, ServerHost } from "./server-host.ts";
export { testService } from "./test-service.ts";

/** The services that every server has, by name. `users` only with the server's own accounts, `syslog` only with a ring. */
export function builtInServices(host: ServerHost): Readonly<Record<string, ServiceDefinition>> {
  const { users, logRing } = host;
  return {
    management: managementService(host),
    event: eventService(host),
    lock: lockService(host.locks),
    session: sessionService(host),
    plugins: pluginsService(host.plugins),
    debug: debugService(host),
    ...(users instanceof UserStore ? { users: usersService(host, users) } : undefined),
    ...(logRing === undefined ? undefined : { syslog: syslogService(logRing) }),
  };
}
