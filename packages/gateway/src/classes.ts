// Every class that comes with Switchboard, in one registry.

import { ClassRegistry, classKinds, messagingClasses } from "@switchboard/messaging";
import { transportClasses } from "@switchboard/transports";

/** Returns the registry of all classes that a configuration can name. */
export function builtInClasses(): ClassRegistry {
  return new ClassRegistry([...transportClasses, ...messagingClasses], classKinds);
}
