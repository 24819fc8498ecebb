// The middlewares that come with Switchboard.

export { AddressTranslationMiddleware } from "./address-translation.ts";
export { LoggingMiddleware } from "./logging.ts";
export { AddressPrefixProviderSettingMiddleware, StaticProviderSettingMiddleware } from "./provider-setting.ts";
export { SessionLengthMiddleware } from "./session-length.ts";
export { StoringMiddleware } from "./storing.ts";
export { TaggingMiddleware } from "./tagging.ts";
export { UnidecoderMiddleware } from "./unidecoder.ts";
