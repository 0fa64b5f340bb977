export * from './aggregates.ts';
export * from './enums.ts';
export * from './errors.ts';
export * from './events/index.ts';
export * from './fields.ts';
export * from './ids.ts';
export * from './tier-limits.ts';
