// A plugin of one's own: a service that programs and the command line can call.

import { definePlugin, type Plugin } from "@switchboard/server/plugins";

const greeting: Plugin = definePlugin({
  name: "greeting",
  services: {
    greeting: {
      description: "Greets people.",
      methods: {
        greet: {
          description: "Greets somebody.",
          accepts: [{ title: "name", type: "string", mandatory: true }],
          returns: { type: "string" },
          handler: (name: string) => `Hello, ${name}.`,
        },
      },
    },
  },
});

export default greeting;
