export * from './by-content.ts';
export * from './census.ts';
export * from './finding.ts';
export * from './findings.ts';
