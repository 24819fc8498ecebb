// What tests of a transport need: the suite that every transport passes.

export { type ContractChannel, type ContractPerson, transportContract } from "./transport-contract.ts";
