// Storage's main door.

export { StorageError, type StorageErrorCode, storageErrors } from "./errors.ts";
