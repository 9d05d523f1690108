export * from './digest.ts';
export * from './events.ts';
export * from './recorder.ts';
export * from './tee.ts';
