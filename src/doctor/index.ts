export { examineBoard } from './board.ts';
export { causesOnce } from './causes.ts';
export type { Check } from './check.ts';
export { firstWrong, notLooked, summaryOf, wrong } from './check.ts';
export { examineController } from './controller.ts';
export { examineDevice } from './remote.ts';
export { examineHost } from './host.ts';
export { LinuxHost } from './linux-host.ts';
