import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';

const banner = '// Generated from the service’s openapi.json by `npm run generate`. Do not edit.\n\n';

/**
 * The TypeScript of one service's `paths`, from its OpenAPI 3.1 document. The same document always gives the
 * same text. It is printed with the API of TypeScript 5, which stands beside this package for that alone.
 */
export async function clientTypes(document: object): Promise<string> {
  const nodes = await openapiTS(asOpenApi(document), { alphabetize: true });
  return banner + astToString(nodes);
}

function asOpenApi(document: object): OpenAPI3 {
  if (!('openapi' in document && 'info' in document && 'paths' in document)) {
    throw new TypeError('Not an OpenAPI document: openapi, info and paths are required');
  }
  // openapi-typescript validates the document itself; it is cloned because it is changed in place.
  return structuredClone(document) as OpenAPI3;
}
