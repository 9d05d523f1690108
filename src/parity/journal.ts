import type { Fault } from '../board/index.ts';
import type { Act } from '../procedure/index.ts';

/** One operation that both drivers do. */
export interface Operation {
  readonly name: string;
  readonly acts: readonly Act[];
  /** The driver may fail in it. Its frames are compared all the same. */
  readonly mayFail?: true;
}

/** Operations on one chip, from power to removal. */
export interface Journal {
  readonly name: string;
  readonly hasInterrupt: boolean;
  readonly fault?: Fault;
  readonly operations: readonly Operation[];
}

const GET_RANDOM: Act = { act: 'command', bytes: '80010000000c0000017b0010' };

const send = (name: string, bytes: string): Operation => ({ name, acts: [{ act: 'command', bytes }] });

const PROBE: Operation = { name: 'probe', acts: [{ act: 'probe' }], mayFail: true };
const REMOVE: Operation = { name: 'remove', acts: [{ act: 'remove' }] };
const RANDOM: Operation = { name: 'GetRandom(16)', acts: [GET_RANDOM] };

/** One of each kind: short and long, with an authorization, of the vendor, unknown; answers of one frame and of several. */
const COMMANDS: readonly Operation[] = [
  RANDOM,
  send('GetCapability(commands)', '8001000000160000017a000000020000011f00000100'),
  send('PCR_Read(0)', '8001000000140000017e00000001000b03010000'),
  send('SelfTest', '80010000000b0000014301'),
  send('a command that the TPM does not know', '80010000000a000001ff'),
  send('Cr50 vendor command 0003', '80010000000c200000000003'),
  send('64 bytes, one full frame', `800100000040000001ff${'a5'.repeat(54)}`),
  send('1024 bytes, 17 frames', `800100000400000001ff${'3c'.repeat(1014)}`),
  send(
    'PCR_Extend(16), 65 bytes',
    `80020000004100000182000000100000000940000009000000000000000001000b${'5a'.repeat(32)}`,
  ),
];

const SLEEP: Operation = {
  name: 'GetRandom(16) after 1.5 s of idleness',
  acts: [{ act: 'idle', forMs: 1500 }, GET_RANDOM],
};

const suspend = (kind: 'to-idle' | 'via-firmware'): Operation => ({
  name: `suspend ${kind}, resume`,
  acts: [{ act: 'driver-sleep', kind, forMs: 1200 }],
});

const stalledOnce: Operation = {
  name: 'GetRandom(16) with one frame stalled',
  acts: [
    { act: 'fault', fault: { kind: 'chip-stall', frames: { from: 3, count: 1 } } },
    GET_RANDOM,
    { act: 'clear-faults' },
    GET_RANDOM,
  ],
  mayFail: true,
};

/** Everything that is done with both drivers, one board each. */
export const JOURNALS: readonly Journal[] = [
  {
    name: 'healthy',
    hasInterrupt: true,
    operations: [
      PROBE,
      ...COMMANDS,
      SLEEP,
      suspend('to-idle'),
      RANDOM,
      suspend('via-firmware'),
      RANDOM,
      REMOVE,
    ],
  },
  { name: 'no interrupt', hasInterrupt: false, operations: [PROBE, RANDOM, REMOVE] },
  {
    name: 'dead interrupt',
    hasInterrupt: true,
    fault: { kind: 'ready-open' },
    operations: [PROBE, RANDOM, REMOVE],
  },
  { name: 'stall', hasInterrupt: true, operations: [PROBE, stalledOnce, REMOVE] },
];
