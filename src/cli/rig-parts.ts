import type { Holder, Rig } from '../rig/index.ts';

type Part = readonly [name: string, text: string];

/** Lists the parts of a rig that its file describes, with a line for each. */
export function partsOf(rig: Rig, holder: Holder | undefined): readonly Part[] {
  const { name, file, description, board } = rig;
  return [
    ['Rig', `${name}: ${description}`],
    ['File', file],
    ...(board.kind === 'linux'
      ? linuxParts(board)
      : board.kind === 'remote'
        ? remoteParts(board)
        : simulatedParts(board)),
    [
      'Held by',
      holder === undefined ? 'nobody' : `${holder.user}, process ${holder.pid}, for "${holder.run}"`,
    ],
  ];
}

function linuxParts({ spi, lines, controller, console }: Extract<Rig['board'], { kind: 'linux' }>): Part[] {
  const wired = Object.entries(lines)
    .filter(([, line]) => line !== undefined)
    .map(([line, where]) => `${line} ${JSON.stringify(where)}`);
  return [
    ['Board', 'real, on this host'],
    ['Bus', `${spi.device} at ${spi.sckHz / 1e6} MHz`],
    ['Lines', wired.join(', ') || 'none on the host'],
    [
      'Controller',
      controller === undefined
        ? 'none'
        : `${controller.port}: supply, TPM_RST_L, switches of CS_L and INT_AP_L`,
    ],
    fenceOf(controller),
    ['Console', console === undefined ? 'none' : `${console.port} at ${console.baud} baud`],
  ];
}

function remoteParts({ ssh, driver, device }: Extract<Rig['board'], { kind: 'remote' }>): Part[] {
  return [
    ['Board', `real, in a device reached by ssh ${ssh.host}${ssh.sudo === true ? ', with sudo' : ''}`],
    ['Driver', `${driver ?? 'tpm_tis_spi'} of its kernel, for ${device ?? 'the device that it has'}`],
  ];
}

function simulatedParts(board: Exclude<Rig['board'], { kind: 'linux' | 'remote' }>): Part[] {
  if (board.kind === 'program')
    return [
      ['Board', `the program ${board.command.join(' ')}`],
      ['Faults', (board.faults ?? []).map(({ kind }) => kind).join(', ') || 'none'],
    ];
  const chip: Part = ['Board', `simulated H1, Cr50 ${board.firmware ?? '(the newest known)'}`];
  if (board.kind === 'virtual-lab') return [chip, ['Driver', 'the one of a Linux guest']];
  return [
    chip,
    ['Controller', board.controller === undefined ? 'none' : 'the committed image on an emulated ATmega328P'],
    fenceOf(board.controller),
    ['Console', board.console === undefined ? 'none' : 'simulated, over a pseudo-terminal'],
    ['Faults', (board.faults ?? []).map(({ kind }) => kind).join(', ') || 'none'],
  ];
}

/** Whether the rig itself refuses a run that has lost it. */
const fenceOf = (controller: unknown): Part => [
  'Fence',
  controller === undefined
    ? 'none: nothing but the lease keeps a run out that has lost the rig'
    : 'the controller refuses what is sent under an older lease',
];
