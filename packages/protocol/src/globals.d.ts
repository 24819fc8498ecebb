// The few host functions the protocol uses. Every JavaScript host has them; naming them here, instead of loading a host's types,
// makes the compiler refuse everything else.

declare function atob(base64: string): string;
declare function btoa(binary: string): string;

declare class TextEncoder {
  encode(text: string): Uint8Array;
}

declare class TextDecoder {
  constructor(label: "utf-8", options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}
