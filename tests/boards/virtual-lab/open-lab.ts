import { VirtualLabBoard } from '../../../src/boards/virtual-lab/index.ts';

// A process that has a virtual lab, to be killed by a test.
const board = await VirtualLabBoard.open({ seed: 1 });
process.stdout.write('open\n');
await new Promise<never>(() => {
  setInterval(() => board.clock.now(), 1000);
});
