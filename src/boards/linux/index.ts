export { learnBus } from './learn-bus.ts';
export { openLinuxBoard } from './linux-board.ts';
export type { LinuxBoardOptions } from './options.ts';
export { packagesOf } from './what-host-has.ts';
