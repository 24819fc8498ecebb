// The right half of "list left, inspector right": an open object. Its heading takes the focus, Escape gives it back to the row.

import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { keyHint, useKeys } from "../keys.ts";
import { readSetting, writeSetting } from "../services/settings.ts";
import type { LampState } from "../services/types.ts";
import { type Tab, Tabs } from "./bar.tsx";
import { Lamp } from "./lamp.tsx";

/** What an inspector is given. */
export interface InspectorProps {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly lamp?: LampState | undefined;
  readonly acts?: ComponentChildren;
  readonly tabs?: readonly Tab[];
  /** Stays at the bottom. */
  readonly foot?: ComponentChildren;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** The inspector. */
export function Inspector({ title, note, lamp, acts, tabs, foot, onClose, children }: InspectorProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  const [width, setWidth] = useState(() => Number(readSetting("inspectorWidth") ?? 500));
  const resize = (next: number): void => {
    const bounded = Math.min(620, Math.max(480, next));
    setWidth(bounded);
    writeSetting("inspectorWidth", String(bounded));
  };
  useLayoutEffect(() => heading.current?.focus({ preventScroll: true }), [title]);
  useKeys({ close: onClose });
  return (
    <aside class="inspector" aria-label="Details" style={{ "--inspector": `${width}px` }}>
      <div
        class="inspector-edge"
        role="separator"
        aria-orientation="vertical"
        aria-label="Width of the details"
        aria-valuenow={width}
        aria-valuemin={480}
        aria-valuemax={620}
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key === "ArrowLeft") resize(width + 20);
          if (event.key === "ArrowRight") resize(width - 20);
        }}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) resize(innerWidth - event.clientX);
        }}
      />
      <header class="inspector-head">
        <button type="button" class="quiet inspector-back" aria-label="Back to the list" onClick={onClose}>
          ‹
        </button>
        {lamp === undefined ? null : <Lamp state={lamp} />}
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {note === undefined ? null : <span class="quiet-text">{note}</span>}
        <span class="inspector-acts">
          {acts}
          <button type="button" class="quiet inspector-close" onClick={onClose}>
            Close <kbd>{keyHint("close")}</kbd>
          </button>
        </span>
      </header>
      {tabs === undefined ? null : <Tabs tabs={tabs} label={title} />}
      <div class="inspector-body">{children}</div>
      {foot === undefined ? null : <footer class="inspector-foot">{foot}</footer>}
    </aside>
  );
}
