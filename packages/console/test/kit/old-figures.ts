// Whether a page says of every figure that it is old: in the page, of all that is drawn.

/** In the page: figures that stand there as if they were of now. Times, ids, choices and what is typed are no figures. */
export function figuresWithoutSign(): string[] {
  const others =
    "time, button, code, kbd, .mono, .strip, svg, .unseen, .trail, .rail-foot, .phone, .foot-count, .rules td:first-child";
  const isSigned = (element: Element): boolean => {
    for (let each: Element | null = element; each !== null; each = each.parentElement) {
      const { textDecorationLine, textDecorationStyle } = getComputedStyle(each);
      if (textDecorationLine.includes("underline") && textDecorationStyle === "dotted") return true;
    }
    return false;
  };
  const found: string[] = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const text = (node.nodeValue ?? "").trim();
    const element = node.parentElement;
    const isFigure = /^[\d,.]+( ?(k|M|%|ms|s|\/min|kB|MB))*$/.test(text);
    if (!isFigure || element === null || element.closest(others) !== null) continue;
    if (element.getClientRects().length > 0 && !isSigned(element)) found.push(element.outerHTML.slice(0, 200));
  }
  return found;
}
