// The smallest application: whatever a person writes comes back louder.

import { type DefinedApplication, defineApplication } from "@switchboard/messaging";

export const Shout: DefinedApplication = defineApplication({
  name: "Shout",
  onMessage: ({ content }, reply) => reply(content === null ? "Say something." : `${content.toUpperCase()}!`),
});
