export * from './time.ts';
export * from './error.ts';
export * from './errno.ts';
export * from './printable.ts';
