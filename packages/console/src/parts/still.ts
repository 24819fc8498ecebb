// For pure parts that are on a page by the hundred and hear of news once a second: drawn again only when a prop has changed.

import { Component, type ComponentClass, type JSX } from "preact";

/** The same component, left alone while its props are what they were. */
export function still<Props extends object>(draw: (props: Props) => JSX.Element): ComponentClass<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      // Asked hundreds of times a second, so without a list of the props.
      for (const name in next) if (this.props[name] !== next[name]) return true;
      return false;
    }

    override render(props: Props): JSX.Element {
      return draw(props);
    }
  };
}
