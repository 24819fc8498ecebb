/** The code that a call rejects with, or "resolved". */
export async function codeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return "resolved";
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
