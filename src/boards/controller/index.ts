export type { ControlledBoard } from './controlled-board.ts';
export { controlledBoard } from './controlled-board.ts';
export { ControllerFailure } from './errors.ts';
export { openEmulatedRig } from './emulated-rig.ts';
export type { EdgeLog, LoggedEdge } from './edge-log.ts';
export type { ByteLink } from './link.ts';
export { openLink } from './link.ts';
export { RigController } from './rig-controller.ts';
export { withController } from './with-controller.ts';
