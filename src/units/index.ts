export * from './bytes.ts';
export * from './time.ts';
export * from './error.ts';
export * from './errno.ts';
export * from './firmware-version.ts';
export * from './nearest.ts';
export * from './printable.ts';
