// Keys as somebody presses them who has seen what is there.

import type { Page } from "playwright-core";

/** Presses a key when what was drawn last listens to keys and has taken the focus, which it does in the frame after it was drawn. */
export async function pressKey(page: Page, key: string): Promise<void> {
  await page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame++)
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  });
  await page.keyboard.press(key);
}
