/**
 * Writes a phone number the international way, by Vumi's rules. Numbers of up to five characters are short codes and stay as they are.
 *
 * With an empty `countryCode` every longer number without plus gets one: every text begins with the empty one.
 */
export function normaliseMsisdn(number: string, countryCode: string, stripPlus: boolean): string {
  if (number.length <= 5) return number;
  const international = withPlus(number.replaceAll(/[^\d+]/g, ""), countryCode);
  return stripPlus ? international.replace(/^\++/, "") : international;
}

function withPlus(digits: string, countryCode: string): string {
  if (digits.startsWith("00")) return `+${digits.slice(2)}`;
  if (digits.startsWith("0")) return `+${countryCode}${digits.slice(1)}`;
  if (digits.startsWith("+")) return digits;
  return digits.startsWith(countryCode) ? `+${digits}` : digits;
}
