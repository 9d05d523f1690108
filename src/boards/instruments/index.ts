export type { Instruments } from './device-controls.ts';
export { capabilitiesOf, controlsOf } from './device-controls.ts';
export { commandOf } from './power-command.ts';
export { Servod } from './servod.ts';
