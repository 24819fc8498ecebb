// comlink ships its adapter for Node without a declaration where its file is.
declare module "comlink/dist/esm/node-adapter.mjs" {
  import type { Endpoint } from "comlink";

  export default function nodeEndpoint(port: object): Endpoint;
}
