export { ChipProgramFailed } from './errors.ts';
export { openProgram } from './open-program.ts';
export type { OpenProgram, ProgramOptions } from './open-program.ts';
