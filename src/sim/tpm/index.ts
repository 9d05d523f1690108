export { BuiltInTpm } from './engine.ts';
export { LibraryFront } from './library-front.ts';
export { ALL_COMMANDS, CORE_COMMANDS, DEFAULT_PROFILE } from './library.ts';
