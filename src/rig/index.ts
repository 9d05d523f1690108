export * from './breaker.ts';
export * from './lease.ts';
export * from './load-rig.ts';
export * from './open-rig.ts';
export * from './rig-error.ts';
export * from './run-settings.ts';
export { rigJsonSchema } from './schema.ts';
export * from './watchdog.ts';
