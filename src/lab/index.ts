export * from './health.ts';
export { prove, showProof, isGood } from './recovery.ts';
export type { Proof } from './recovery.ts';
