// All that is written anywhere on a page and kept by its browser: where a secret could be.

/** In the page: what is drawn, what stands in fields, the address, what is stored. */
export function everything(): string {
  const fields = [...document.querySelectorAll("input, textarea")].map((field) => (field as HTMLInputElement).value);
  return [
    document.documentElement.outerHTML,
    location.href,
    JSON.stringify(localStorage),
    JSON.stringify(sessionStorage),
    JSON.stringify(history.state),
    ...fields,
  ].join("\n");
}
