export * from './collect.ts';
export * from './policy.ts';
export * from './sign.ts';
export * from './write.ts';
export { decide } from './verify/decide.ts';
export { readPublicKey } from './verify/envelope.ts';
export type { Compared, Decision, Evidence } from './verify/model.ts';
export { verifyFolder } from './verify/verify.ts';
