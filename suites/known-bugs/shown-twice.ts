import type { Datasheet } from '../../fixtures/index.ts';

/** Shown on the simulated board, and on a kernel whose own thread sends the command. */
export const COMMAND_IN_FLIGHT = {
  id: 'L-22',
  title: 'what the suspended bit does not do',
  observable: 'the command of 1 s in flight goes on after suspend to idle',
  has: ({ suspend }: Datasheet) => suspend?.waitsToIdle === false,
};
