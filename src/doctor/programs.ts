import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Whether a program is there, by its name or path. */
export type ProgramFinder = (program: string) => boolean;

/** Looks where a shell would. */
export const findProgram: ProgramFinder = (program) => {
  const places = program.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  return places.some((place) => {
    try {
      accessSync(join(place, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
};
