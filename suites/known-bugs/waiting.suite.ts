import { BOTH_KERNELS, FIRST_POSTED, MERGED, NOBODY } from './drivers.ts';
import { knownBug } from './known-bug.ts';

// Bugs that wait for a rig.

knownBug({
  id: 'K-20',
  title: 'freezing the random-number thread',
  observable: 'K-19 on kernels from both sides of the revert',
  has: NOBODY,
  waits: 'virtual-lab',
  capability: 'kernel 5.4-rc, which freezes the thread',
});

knownBug({
  id: 'K-32',
  title: 'the status poll misses its last look',
  observable: 'a spurious time-out under load, kernels 6.4 to 6.13',
  has: NOBODY,
  waits: 'virtual-lab',
  capability: 'kernel 6.4 to 6.13 before the fix',
});

knownBug({
  id: 'K-33',
  title: 'tpmGo after exhausted send retries',
  observable: 'tpmGo after 50 failures, kernels from 6.6',
  has: NOBODY,
  waits: 'virtual-lab',
  capability: 'kernel from 6.6',
});

knownBug({
  id: 'K-47',
  title: 'firmware implements a subset',
  observable: 'the command list of each firmware version',
  has: NOBODY,
  waits: 'real H1',
  capability: 'real chip',
});

knownBug({
  id: 'L-28',
  title: 'rng_quality is read at probe only',
  observable: 'writing the parameter at run time has no effect',
  has: BOTH_KERNELS,
  waits: 'virtual-lab',
  capability: 'kernel with the driver cr50_spi',
});

knownBug({
  id: 'L-31',
  title: 'DMA alignment',
  observable: 'a pattern read is damaged by writes to its neighbours',
  has: FIRST_POSTED,
  waits: 'real H1',
  capability: 'real bus with DMA',
});

knownBug({
  id: 'L-35',
  title: 'half-duplex controllers bypass flow control',
  observable: 'no poll bytes on the wire',
  has: MERGED,
  waits: 'real H1',
  capability: 'real half-duplex controller',
});

knownBug({
  id: 'L-36',
  title: 'the firmware-managed mark is set after registration',
  observable: 'Shutdown in a suspend between the two',
  has: MERGED,
  waits: 'virtual-lab',
  capability: 'kernel stopped between two instructions',
});

knownBug({
  id: 'L-40',
  title: 'resume writes the awake window without the mutex',
  observable: 'no wake pulse after a resume inside an access',
  has: BOTH_KERNELS,
  waits: 'virtual-lab',
  capability: 'kernel with two processors',
});

// Bugs that no rig could show.

knownBug({
  id: 'K-28',
  title: 'build structure',
  nothingToSee: 'concerns the build of the kernel, not its behaviour',
});

knownBug({
  id: 'K-29',
  title: 'duplicated code with unexplained differences',
  nothingToSee: 'no functional verdict; see L-31',
});

knownBug({
  id: 'K-43',
  title: 'the TIS interrupt test waits only 1 ms',
  nothingToSee: 'the TIS interrupt is not used on this bus',
});

knownBug({
  id: 'K-50',
  title: 'new structure for transfer delays',
  nothingToSee: 'mechanical, no change of behaviour',
});
