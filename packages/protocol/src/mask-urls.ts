// Masks secrets in URLs, wherever in a text they stand. For whatever is logged, kept or shown. Takes a time in proportion to the text, whatever it is:
// anybody's may come here.

import { maskedText } from "./values.ts";

// Up to the last `@`: some passwords have one. Schemes are short.
const credentials = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)([^\s/@:]*):([^\s/]*)@/gi;
const parameter = /([?&])([^=&#?\s]+)=[^&#\s]+/g;
const secretName = /pass|secret|token|key|signature/i;

/** The text without the passwords of URLs in it, and without parameters of theirs that are called like secrets. */
export function maskUrls(text: string): string {
  if (!text.includes("://")) return text;
  return text
    .replace(credentials, `$1$2:${maskedText}@`)
    .replace(parameter, (whole: string, sign: string, name: string) =>
      secretName.test(name) ? `${sign}${name}=${maskedText}` : whole,
    );
}
