import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import type { Board } from '../../../board/index.ts';
import { cyclePower, pulseReset } from '../../../host/index.ts';
import { between, didYouMean, inMs, ms, printable, showDuration, UsageError } from '../../../units/index.ts';
import { linesOf, TOO_LONG } from '../../lines.ts';
import {
  checkedBytes,
  checkedPlace,
  clearFirst,
  hexOf,
  readRegister,
  REGISTER_NAMES,
  startChip,
  writeRegister,
} from '../../registers-by-hand.ts';
import { checkedSpan } from '../../run-request.ts';
import { withRig } from '../../with-rig.ts';

/** The longest line that is read. */
const MAX_LINE = 1000;
const PROMPT = 'h1> ';

/** What a word of the shell does, and how it is told. */
interface Word {
  readonly use: string;
  readonly what: string;
  /** @returns what is printed behind the time */
  readonly act: (board: Board, args: readonly string[]) => Promise<string>;
}

const WORDS: Readonly<Record<string, Word>> = {
  read: {
    use: 'read REGISTER [BYTES]',
    what: 'read a register',
    act: async (board, [register = '', size]) => {
      const place = checkedPlace(register, { locality: '0', size });
      return `${place.name} ${hexOf(await readRegister(board, place))}`;
    },
  },
  write: {
    use: 'write REGISTER BYTES',
    what: 'write a register, then read it back: write ACCESS 02',
    act: async (board, [register = '', ...bytes]) => {
      const place = checkedPlace(register, { locality: '0' });
      return `${place.name} ${hexOf(await writeRegister(board, place, checkedBytes(bytes.join(''))))}`.trimEnd();
    },
  },
  idle: {
    use: 'idle TIME',
    what: 'leave the bus alone, such as for 2s; after a second without a frame the chip sleeps',
    act: async ({ clock }, [time = '']) => {
      const idle = ms(checkedSpan('idle', time));
      await clock.sleep(idle);
      return `idle for ${showDuration(idle)}`;
    },
  },
  ready: {
    use: 'ready',
    what: 'the level of INT_AP_L',
    act: ({ ready }) =>
      Promise.resolve(
        ready === undefined
          ? 'this board does not see INT_AP_L'
          : `INT_AP_L is ${ready.isAsserted ? 'low: asserted' : 'high'}`,
      ),
  },
  reset: {
    use: 'reset',
    what: 'pulse TPM_RST_L',
    act: async (board) => {
      if (board.reset === undefined) return 'this board has no TPM_RST_L';
      await pulseReset(board);
      await clearFirst(board);
      return 'TPM_RST_L was pulsed';
    },
  },
  power: {
    use: 'power',
    what: 'switch the supply off and on again',
    act: async (board) => {
      if (board.power === undefined) return 'this board has no switch for its supply';
      await cyclePower(board);
      await clearFirst(board);
      return 'the supply was off, and is on';
    },
  },
};

const HELP = [
  ...Object.values(WORDS).map(({ use, what }) => `  ${use.padEnd(24)}${what}`),
  `  ${'help'.padEnd(24)}this list`,
  `  ${'quit'.padEnd(24)}leave; the rig is left safe`,
  `Registers: ${REGISTER_NAMES}, or an offset such as 0x0f00.`,
].join('\n');

/** `h1-hil tis shell`: a prompt on a powered chip, for people at the bench. */
export function addTisShell(tis: Command): void {
  tis
    .command('shell')
    .description('a prompt on a powered chip: registers, reset, supply, time')
    .option('-r, --rig <name>', 'rig of rigs/, or path to a rig file', 'sim')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil tis shell --rig raspberry-pi
  printf 'read DID_VID\\nidle 2s\\nread STS\\n' | h1-hil tis shell

Words:
${HELP}

Times are the board's, from the moment the chip has its supply. From a pipe the first mistake ends the shell with exit code 2.`,
    )
    .action(({ rig }: { readonly rig: string }) => withRig(rig, 'tis shell', ({ board }) => shell(board)));
}

async function shell(board: Board): Promise<void> {
  await startChip(board);
  const start = board.clock.now();
  const isPerson = process.stdin.isTTY;
  for await (const line of isPerson ? typed() : linesOf(process.stdin, MAX_LINE)) {
    const [word = '', ...args] = line === TOO_LONG ? ['a line that is too long'] : line.trim().split(/\s+/);
    if (word === 'quit' || word === 'exit') return;
    if (word === '' || word.startsWith('#')) continue;
    try {
      const said = word === 'help' ? HELP : await wordNamed(word).act(board, args);
      const at = inMs(between(start, board.clock.now()));
      process.stdout.write(word === 'help' ? `${said}\n` : `${at.toFixed(3).padStart(12)} ms  ${said}\n`);
    } catch (failure) {
      if (!isPerson || !(failure instanceof UsageError)) throw failure;
      process.stdout.write(`${failure.message}\n`);
    }
  }
}

/** Lines of a person, with a prompt and a history of what was typed. */
async function* typed(): AsyncGenerator<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: PROMPT });
  try {
    lines.prompt();
    for await (const line of lines) {
      yield line;
      lines.prompt();
    }
  } finally {
    lines.close();
  }
}

/** @throws UsageError */
function wordNamed(word: string): Word {
  const known = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
  if (known !== undefined) return known;
  const names = [...Object.keys(WORDS), 'help', 'quit'];
  throw new UsageError(
    `There is no word ${printable(word)}${didYouMean(word, names)} Known words: ${names.join(', ')}.`,
  );
}
