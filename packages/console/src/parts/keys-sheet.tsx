// The sheet of keys (`?`): written from the key table, what works on this page first.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type KeyBinding, activeKeys, shownKeys, useKeys } from "../keys.ts";

/** The sheet. */
export function KeysSheet({
  table,
  onClose,
}: {
  readonly table: readonly KeyBinding[];
  readonly onClose: () => void;
}): JSX.Element {
  const close = useRef<HTMLButtonElement>(null);
  const active = activeKeys.value;
  useKeys({ close: onClose });
  useEffect(() => close.current?.focus(), []);
  const groups = ["Everywhere", "Lists", "Object", "Pages"] as const;
  return (
    <div class="veil" onClick={(event) => (event.target === event.currentTarget ? onClose() : undefined)}>
      <div class="sheet" role="dialog" aria-modal="true" aria-label="Keys">
        <header class="section-head">
          <h2>Keys</h2>
          <button type="button" class="quiet" ref={close} onClick={onClose}>
            Close <kbd>Esc</kbd>
          </button>
        </header>
        <div class="keys-groups">
          {groups.map((group) => (
            <section key={group}>
              <h3>{group}</h3>
              <dl>
                {table
                  .filter((binding) => binding.group === group && active.has(binding.id))
                  .map((binding) => (
                    <div key={binding.id}>
                      <dt>
                        {shownKeys(binding).map((key) => (
                          <kbd key={key}>{key}</kbd>
                        ))}
                      </dt>
                      <dd>{binding.does}</dd>
                    </div>
                  ))}
              </dl>
            </section>
          ))}
        </div>
      </div>
    </div>
  );
}
