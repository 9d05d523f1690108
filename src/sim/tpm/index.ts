export { BuiltInTpm } from './engine.ts';
