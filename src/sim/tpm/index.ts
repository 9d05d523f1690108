export { BuiltInTpm } from './engine.ts';
export type { EngineOptions } from './engine.ts';
