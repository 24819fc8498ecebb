// Every page's address on the memory gateway, by the name that its pictures have. A new page is one line here.

import type { Page } from "playwright-core";

/** Addresses by name. */
export const pages = {
  overview: "/",
  "overview-table": "/?only=trouble",
  conversation: "/talk/ussd-7700",
  messages: "/messages",
  "messages-none": "/messages?q=person:%2B2799%20state:parked",
  message: "/messages/f3a91c075d2e4b189c70aa316e4f2d90",
  queues: "/queues",
  queue: "/queues/sms-lakecell.outbound",
  channels: "/channels",
  channel: "/channels/sms-northtel",
  "channel-settings": "/channels/sms-northtel/settings",
  "channel-logs": "/channels/sms-northtel/logs",
  "channel-history": "/channels/sms-northtel/history",
  "channel-new": "/channels/new",
  "channel-create": "/channels/new?class=SmppTransceiverTransport",
  "channel-pause": "/channels/sms-lakecell?ask=pause",
  router: "/routers/keywords",
  "router-explain": "/routers/ussd-codes/explain?message=5b1e0c9a7d3f4e6f8a2b4c6d8e0f1a2b",
  applications: "/applications",
  tasks: "/tasks",
  task: "/tasks/4708",
  "task-submit": "/tasks/new/bus.retry",
  services: "/services",
  method: "/services/routers/explain",
  events: "/events",
  plugins: "/plugins",
  sessions: "/sessions",
  logs: "/logs",
  system: "/system",
  settings: "/settings/me",
  "settings-look": "/settings/look",
  "settings-keys": "/settings/keys",
  users: "/settings/users",
  user: "/settings/users/nomsa",
  "user-new": "/settings/users/new%20user",
  "settings-config": "/settings/config",
  roles: "/settings/roles",
  more: "/more",
  unknown: "/nowhere",
} as const;

/** Waits until the page has read what it shows. */
export async function settled(page: Page): Promise<void> {
  await page.waitForSelector("h1, .door-panel", { state: "attached", timeout: 20_000 });
  await page.waitForFunction(() => document.querySelector("[aria-busy=true], .loading") === null, undefined, {
    timeout: 20_000,
  });
}
