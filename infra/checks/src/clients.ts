import { clientTypes } from './client-types.ts';
import type { ServiceDocument } from './documents.ts';
import { type Outputs, stableJson } from './outputs.ts';

/** `packages/clients/src/generated/<service>.ts` of each service. */
export async function clientOutputs(documents: ServiceDocument[]): Promise<Outputs> {
  const outputs: Outputs = new Map();
  for (const [service, document] of documents) {
    // From the text that is committed, so that the types follow from the file and nothing else.
    const types = await clientTypes(JSON.parse(stableJson(document)));
    outputs.set(`packages/clients/src/generated/${service}.ts`, types);
  }
  return outputs;
}
