export * from './clauses.ts';
export * from './matrix.ts';
