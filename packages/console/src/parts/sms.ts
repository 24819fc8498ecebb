// What a phone counts and reads: parts of an SMS, choices of a USSD screen. Pure.

/** Length and parts of an SMS in the 7-bit alphabet, or in UCS-2 where a character needs it. 3GPP 23.038 §6.2, 23.040 §9.2.3.24.1. */
export function smsParts(text: string): { readonly used: number; readonly of: number; readonly parts: number } {
  const basic = /^[\n\r !"#$%&'()*+,\-./0-9:;<=>?@A-Za-z_¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ^{}\\[~\]|€]*$/u.test(
    text,
  );
  const used = basic ? text.length + (text.match(/[\^{}\\[~\]|€]/gu)?.length ?? 0) : text.length;
  const [single, each] = basic ? [160, 153] : [70, 67];
  return used <= single
    ? { used, of: single, parts: 1 }
    : { used, of: Math.ceil(used / each) * each, parts: Math.ceil(used / each) };
}

/** Lines of a USSD screen that are choices: `1 Find a clinic` gives `1`. */
export function choiceOf(textLine: string): string | undefined {
  return /^\s*(\d{1,2})[.):]?\s+\S/.exec(textLine)?.[1];
}
