// Error numbers and the error of a call.

import { describe, expect, it } from "vitest";
import { errno, errnoName, RpcError } from "../src/index.ts";

describe("error numbers", () => {
  it("32 are FreeBSD's on every host", () => {
    const documented = {
      EPERM: 1,
      ENOENT: 2,
      EINTR: 4,
      EIO: 5,
      ENXIO: 6,
      EDEADLK: 11,
      ENOMEM: 12,
      EACCES: 13,
      EFAULT: 14,
      EEXIST: 17,
      ENODEV: 19,
      EINVAL: 22,
      ENOSPC: 28,
      EPIPE: 32,
      EAGAIN: 35,
      EMSGSIZE: 40,
      EOPNOTSUPP: 45,
      ENOTSUP: 45,
      EBUSY: 16,
      ECONNABORTED: 53,
      ECONNRESET: 54,
      ETIMEDOUT: 60,
      ECONNREFUSED: 61,
      EHOSTUNREACH: 65,
      ENOSYS: 78,
      EAUTH: 80,
      ECANCELED: 85,
      EBADMSG: 89,
    };
    expect(errno).toMatchObject(documented);
    expect(errno.ETIMEDOUT).not.toBe(110);
  });

  it("have names", () => {
    expect(errnoName(2)).toBe("ENOENT");
    expect(errnoName(45)).toBe("EOPNOTSUPP");
    expect(errnoName(9999)).toBeUndefined();
    expect(errnoName(Number.NaN)).toBeUndefined();
  });
});

describe("RpcError", () => {
  it("31 carries number, message and extra, and no extra member when there is none", () => {
    expect(new RpcError(errno.ENOENT, "no such pool").toArgs()).toEqual({ code: 2, message: "no such pool" });
    expect(new RpcError(errno.EBUSY, "taken", { extra: { by: 7 } }).toArgs()).toEqual({
      code: 16,
      message: "taken",
      extra: { by: 7 },
    });
    expect("extra" in new RpcError(errno.ENOENT, "x").toArgs()).toBe(false);
  });

  it("59 keeps a number and extra that the table does not know", () => {
    const error = RpcError.fromArgs({ code: 16_000, message: "odd", extra: [1] });
    expect(error.toArgs()).toEqual({ code: 16_000, message: "odd", extra: [1] });
    expect(error.code).toBe("RPC_FAILED");
  });

  it("is retryable where the same call may succeed later", () => {
    expect(new RpcError(errno.EBUSY, "").retryable).toBe(true);
    expect(new RpcError(errno.ECONNABORTED, "").retryable).toBe(true);
    expect(new RpcError(errno.EINVAL, "").retryable).toBe(false);
  });
});
