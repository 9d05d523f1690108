export * from './time.ts';
export * from './error.ts';
