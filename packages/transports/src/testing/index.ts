// What tests of a transport need: the suite that every transport passes.

export { transportContract } from "./transport-contract.ts";
export type { ContractChannel, ContractPerson } from "./world.ts";
