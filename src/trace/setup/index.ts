export * from './census.ts';
export * from './findings.ts';
