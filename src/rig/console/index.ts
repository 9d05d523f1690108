export type { OpenConsole } from './open-console.ts';
export { openSerialConsole, openSimulatedConsole } from './open-console.ts';
export { RigConsole } from './rig-console.ts';
export type { ConsoleLine } from './rig-console.ts';
