export { byteRange } from './byte-range.ts';
export * from './file-object-store.ts';
export * from './object-key.ts';
export * from './object-store.ts';
export * from './signed-urls.ts';
