export { BuiltInTpm } from './engine.ts';
export { LibraryFront } from './library-front.ts';
export type { LibraryProfile } from './library.ts';
export { ALL_COMMANDS, CORE_COMMANDS, DEFAULT_PROFILE } from './library.ts';
