// Puts text into a file of the person's, as a download.

/** Saves chunks of text as a file of that name. */
export function saveFile(name: string, chunks: readonly string[]): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([...chunks]));
  link.download = name;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Begins a download that the server streams; the browser saves it, the page stays. */
export function openDownload(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}
