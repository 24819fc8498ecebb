// HTTP Basic authentication (RFC 7617), compared in constant time so that nobody learns a password by measuring.

import { createHash, timingSafeEqual } from "node:crypto";

/** User and password of an `Authorization` header; undefined when it is none or not Basic. The password may contain colons. */
export function readBasic(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^basic +([a-z0-9+/=_-]+) *$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** True when both texts are equal; how long it takes does not depend on where they differ. */
export function equalSecrets(first: string, second: string): boolean {
  return timingSafeEqual(digest(first), digest(second));
}

// Digests have one length, which the comparison needs, and which tells nothing about the texts'.
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
