import type { FaultKind } from '../board/index.ts';
import { commandName, VENDOR_CODES, vendorName } from '../trace/index.ts';
import type { Finding } from './finding.ts';
import type { Act, CallerAct, Procedure, WrittenFault } from './schema.ts';
import { showMaking, showTestAct, spaced } from './page-of-test.ts';

/** Shows a procedure as a page that a person at a bench can follow. Each finding stands under its act. */
export function showProcedure(procedure: Procedure, findings: readonly Finding[] = []): string {
  const { driver, seed, board, acts, startedBy } = procedure;
  const lines = [
    `Driver  ${driver.row}${showChanges(driver.changes)}${driver.hasInterrupt === false ? ', without its interrupt' : ''}`,
    `Board   ${board === undefined ? 'the simulated one' : showBoard(board)}`,
    `Seed    ${seed}`,
    ...showTest(procedure),
    '',
    `Start   power the board, release TPM_RST_L${startedBy === 'nobody' ? '' : ', let the host firmware start the TPM'}`,
    ...below(findings, -1),
  ];
  for (const [index, act] of acts.entries())
    lines.push(`${`${index + 1}.`.padEnd(8)}${showAct(act)}`, ...below(findings, index));
  return `${lines.join('\n')}\n`;
}

const below = (findings: readonly Finding[], act: number): string[] =>
  findings
    .filter((finding) => finding.act === act)
    .map(({ kind, id, says }) => `        ! ${kind} ${id}: ${says}`);

const showTest = ({ test, fails }: Procedure): string[] =>
  test === undefined
    ? []
    : [
        `Test    ${test.title}`,
        ...(fails === undefined ? [] : [`Failed  ${fails}`]),
        ...test.unplayable.map((what) => `Not in  ${what}`),
      ];

const showChanges = (changes: Procedure['driver']['changes'] = {}): string => {
  const parts = Object.entries(changes).map(([path, value]) => `${path} ${JSON.stringify(value)}`);
  return parts.length === 0 ? '' : ` with ${parts.join(', ')}`;
};

const showBoard = (board: NonNullable<Procedure['board']>): string =>
  [
    'the simulated one',
    ...Object.entries(board)
      .filter(([name]) => name !== 'kind')
      .map(([name, value]) => `${name} ${JSON.stringify(value)}`),
  ].join(', ');

/** Shows one act as a sentence. */
function showAct(act: Act): string {
  switch (act.act) {
    case 'reset':
      return 'pulse TPM_RST_L for 2 ms, without a word to the driver';
    case 'restart':
      return `restart the host${act.power ? ', with the supply of the chip off in between' : ''}`;
    case 'frame':
      return `clock the frame ${spaced(act.bytes)}`;
    case 'make-driver':
      return showMaking(act);
    case 'together':
      return `at the same time:${act.callers.map((acts, i) => `\n        ${letter(i)}  ${acts.map(showCallerAct).join('; ')}`).join('')}`;
    default:
      return showCallerAct(act);
  }
}

const SLEEP = {
  'to-idle': 'to idle',
  'via-firmware': 'to memory, with its firmware run on the way back',
} as const;
const letter = (index: number): string => String.fromCharCode(97 + index);

/** Shows one act of a caller as a sentence, with the error that it ends with where the test expects one. */
function showCallerAct(act: CallerAct): string {
  const threw = 'threw' in act && act.threw !== undefined ? `, which fails with ${act.threw}` : '';
  return `${showDoing(act)}${'driver' in act && act.driver ? ` (driver ${act.driver})` : ''}${threw}`;
}

function showDoing(act: CallerAct): string {
  switch (act.act) {
    case 'probe':
      return 'bind the driver';
    case 'remove':
      return 'unbind the driver';
    case 'suspend':
      return `suspend the host ${SLEEP[act.kind]} for ${act.forMs} ms, then resume it`;
    case 'command':
      return `send ${showCommand(act.bytes)}${act.answer === undefined ? '' : `, owed 0x${act.answer.code.toString(16)}`}`;
    case 'idle':
      return `wait ${act.forMs} ms`;
    case 'driver-sleep':
      return `tell the driver that the host goes to sleep ${SLEEP[act.kind]}, and after ${act.forMs} ms that it is awake`;
    case 'fault':
      return `set the fault ${showFault(act.fault)}`;
    case 'clear-faults':
      return 'clear every fault';
    default:
      return showTestAct(act);
  }
}

function showCommand(bytes: string): string {
  const code = Number.parseInt(bytes.slice(12, 20), 16);
  const isVendor = VENDOR_CODES.includes(code);
  const name = Number.isNaN(code)
    ? 'a piece of a command'
    : isVendor
      ? vendorName(Number.parseInt(bytes.slice(20, 24), 16))
      : commandName(code);
  return `${name}, ${bytes.length / 2} bytes: ${spaced(bytes)}`;
}

const showFault = ({ kind, ...fields }: WrittenFault & { readonly kind: FaultKind }): string =>
  [kind, ...Object.entries(fields).map(([name, value]) => `${name} ${JSON.stringify(value)}`)].join(' ');
