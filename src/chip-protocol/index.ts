export * from './line.ts';
export * from './session.ts';
