import type { Board } from '../board/index.ts';
import { ms, us } from '../units/index.ts';
import type { ControlledBoard } from '../boards/controller/index.ts';
import { identify } from './board.ts';
import type { Check } from './check.ts';
import { notLooked, right, wrong } from './check.ts';

const SETTLED = ms(10);
const WAKE_WIDTH = us(100);
/** A board with an H1 draws more than a milliampere; one without supply leaks less. */
const LEAST_DIFFERENCE_UA = 500;
const SELF_TEST: readonly (readonly [number, string])[] = [
  [1, 'supply (D7)'],
  [2, 'TPM_RST_L (D9)'],
  [4, 'switch of CS_L (D3, D4)'],
  [8, 'switch of INT_AP_L (D5, D6)'],
  [16, 'timer'],
];

/** What the controller can tell of itself and of the wires that pass through it. The chip must be running. */
export async function examineController(board: ControlledBoard): Promise<Check[]> {
  return [
    await examineFirmware(board),
    await examineOutputs(board),
    await examineCurrent(board),
    ...(await examineSelect(board)),
    await examineReadySwitch(board),
  ];
}

async function examineFirmware({ controller }: ControlledBoard): Promise<Check> {
  const identity = await controller.ask('*IDN?');
  const level = await controller.ask('SYST:PROT?');
  return right('controller', `${identity}, protocol level ${level}`);
}

async function examineOutputs({ controller }: ControlledBoard): Promise<Check> {
  const name = 'controller outputs';
  const sum = Number(await controller.ask('*TST?'));
  if (sum === 0) return right(name, 'each pin follows what drives it');
  const stuck = SELF_TEST.filter(([bit]) => (sum & bit) !== 0).map(([, pin]) => pin);
  return wrong(
    name,
    `${stuck.join(', ')} does not follow`,
    'Look for a short at that pin of the Nano; without one the Nano is damaged.',
  );
}

async function examineCurrent({ controller, power, clock }: ControlledBoard): Promise<Check> {
  const name = 'current';
  const measure = async (): Promise<number> => {
    await clock.sleep(SETTLED);
    return Number(await controller.ask('MEAS:CURR?'));
  };
  await power.on();
  const on = await measure();
  await power.off();
  const off = await measure();
  await power.on();
  const seen = `${on / 1000} mA with the supply on, ${off / 1000} mA with it off`;
  return on - off >= LEAST_DIFFERENCE_UA
    ? right(name, seen)
    : wrong(
        name,
        seen,
        'The board draws nothing more with its supply on: look at its plug, its fuse, the load switch and the wire of the current sense amplifier (A5).',
      );
}

/** Widths and counts of CS_L at the chip: one fall a frame, and the wake pulse. */
async function examineSelect(board: ControlledBoard): Promise<Check[]> {
  const { controller, spi, clock } = board;
  const count = async (action: () => unknown): Promise<number> => {
    const before = Number((await controller.ask('MEAS:CS?')).split(',')[0]);
    await action();
    return Number((await controller.ask('MEAS:CS?')).split(',')[0]) - before;
  };
  const wake = await count(() => spi.transaction([{ kind: 'delay', duration: WAKE_WIDTH }]));
  await clock.sleep(SETTLED);
  const frame = await count(async () => {
    await identify(board, { isWoken: true });
  });
  const remedy =
    'Follow CS_L from the host through its switch (D3, D4) to the chip, and from there to D2 of the controller.';
  if (wake + frame === 0)
    return [
      notLooked('wake pulse', 'no edge of CS_L arrives at the chip'),
      wrong('CS at the chip', 'CS_L falls 0 times in a frame', `No edge arrives. ${remedy}`),
    ];
  return [
    wake === 1
      ? right('wake pulse', 'it is on the wire, once')
      : wrong(
          'wake pulse',
          `CS_L falls ${wake} times at the chip`,
          'This host sends no CS without a clock: its driver leaves empty transfers out.',
        ),
    frame === 1
      ? right('CS at the chip', 'CS_L falls once in a frame')
      : wrong(
          'CS at the chip',
          `CS_L falls ${frame} times in a frame`,
          frame > 1
            ? 'The host does not keep CS from one message to the next: say drivesSelect: true in the rig file, or use a GPIO for CS.'
            : `No edge arrives. ${remedy}`,
        ),
  ];
}

/** The chip's pulse at the controller and at the host, with the switch open and closed. */
async function examineReadySwitch(board: ControlledBoard): Promise<Check> {
  const name = 'interrupt switch';
  const { controller, ready } = board;
  const atChip = async (): Promise<number> => Number((await controller.ask('MEAS:INT?')).split(',')[0]);
  const before = await atChip();
  await controller.tell('ROUT:INT OPEN');
  const leaks = await pulses(board, ready);
  await controller.tell('ROUT:INT PASS');
  const passes = await pulses(board, ready);
  const seen = (await atChip()) - before;
  if (seen === 0)
    return wrong(
      name,
      'no pulse of the chip arrives at the controller',
      'Follow INT_AP_L from the chip to D8 of the controller.',
    );
  if (ready === undefined) return right(name, 'the chip pulses; the host has no such line');
  if (!passes)
    return wrong(
      name,
      'the controller sees the pulse of the chip, the host does not',
      'The line is open between the switch (D5, D6) and the host, or the rig file names another line.',
    );
  return leaks
    ? wrong(
        name,
        'the host sees the pulse although the switch is open',
        'INT_AP_L goes to the host past the switch: cut that wire.',
      )
    : right(name, 'it passes the pulse and holds it back');
}

async function pulses(board: Board, ready: Board['ready']): Promise<boolean> {
  const watch = ready?.arm('asserted');
  try {
    await identify(board);
    return watch?.take() !== undefined;
  } finally {
    watch?.close();
  }
}
