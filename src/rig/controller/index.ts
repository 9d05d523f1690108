export { ControlledBoard } from './controlled-board.ts';
export { openLink } from './link.ts';
export { RigController } from './rig-controller.ts';
export { withController } from './with-controller.ts';
