import type { Rig } from '../../src/rig/index.ts';

/** A simulated rig that no other test process shares, as long as they differ in `owner`. */
export const simRig = (name: string, owner: number = process.pid): Rig => ({
  name,
  description: 'a rig',
  board: { kind: 'sim' },
  file: `/rigs/${owner}/${name}.yaml`,
  key: name,
});
