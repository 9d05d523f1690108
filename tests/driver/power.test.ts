import { expect, test } from '@playwright/test';
import { cr50SpiV1, linux61, recommended } from '../../src/driver/index.ts';
import { between, ms } from '../../src/units/index.ts';
import { refusal, tinyTpm } from './fake-chip.ts';
import { GET_RANDOM_32, probed } from './probed.ts';

const ALL = [cr50SpiV1, linux61, recommended];
const SHUTDOWN = 0x145;
const BLOCKED = 'blocking transmit while suspended';
const TIMEOUT = 'Timeout waiting for TPM ready IRQ';

for (const profile of ALL) {
  test(`${profile.name} shuts the TPM down with its state when the firmware takes over`, async () => {
    const { chip, driver } = await probed(profile);
    let type = -1;
    chip.engine = (code, command) => {
      if (code === SHUTDOWN) type = command[11]!;
      return tinyTpm(code, command);
    };
    await driver.suspend('via-firmware');
    expect(type).toBe(1);
    expect(chip.access).toBe(0x80);
    await driver.resume();
    expect(await driver.transmit(GET_RANDOM_32)).toHaveLength(44);
  });

  test(`${profile.name} sends nothing when the system only idles`, async () => {
    const { driver, texts } = await probed(profile);
    await driver.suspend('to-idle');
    expect(texts()).toEqual([]);
  });

  test(`${profile.name} suspends although the TPM refuses the shutdown, and says so`, async () => {
    // [BUGS K-22]
    const { chip, driver } = await probed(profile);
    chip.engine = () => refusal(0x101);
    await driver.suspend('via-firmware');
    expect(driver.log.at(-1)!.text).toBe('A TPM error (257) occurred stopping the TPM');
  });

  test(`${profile.name} suspends although the chip is dead`, async () => {
    const { board, driver } = await probed(profile);
    board.fate = () => ({ busError: { errno: 5 } });
    if (profile === cr50SpiV1)
      await expect(driver.suspend('via-firmware')).rejects.toMatchObject({ errno: -5 });
    else await driver.suspend('via-firmware');
  });

  test(`${profile.name} wakes the chip before the first frame after a resume`, async () => {
    const { board, driver, startOver, texts } = await probed(profile);
    await driver.suspend('to-idle');
    board.clock.advance(ms(300));
    startOver();
    await driver.resume();
    await driver.transmit(GET_RANDOM_32);
    expect(texts()[0]).toBe('wake');
  });
}

test('a platform that does not look after the TPM gets the shutdown in suspend to idle too, except with cr50-spi-v1', async () => {
  // [BUGS K-25]
  for (const [profile, sent] of [
    [cr50SpiV1, false],
    [linux61, true],
    [recommended, true],
  ] as const) {
    const { chip, driver } = await probed(profile, { firmwarePowerManaged: false });
    await driver.suspend('to-idle');
    expect(chip.commands.includes(SHUTDOWN)).toBe(sent);
  }
});

test('cr50-spi-v1 refuses a command of a suspended chip with -11 after claiming the locality for it', async () => {
  // [BUGS K-24] [BUGS L-22]
  const { driver, texts } = await probed(cr50SpiV1);
  await driver.suspend('to-idle');
  await expect(driver.transmit(GET_RANDOM_32)).rejects.toMatchObject({ name: 'TransmitBlocked', errno: -11 });
  expect(texts()).toEqual(['R 0000 1', 'W 0000 1 02', 'R 0000 1', 'W 0000 1 20', 'R 0000 1']);
  expect(driver.log.at(-1)).toMatchObject({ level: 'warn', text: BLOCKED });
});

for (const profile of [linux61, recommended])
  test(`${profile.name} refuses a command of a suspended chip with -32 and nothing on the bus`, async () => {
    const { driver, texts } = await probed(profile);
    await driver.suspend('to-idle');
    await expect(driver.transmit(GET_RANDOM_32)).rejects.toMatchObject({ errno: -32, cause: { errno: -5 } });
    await expect(driver.random(8)).rejects.toMatchObject({ errno: -5 });
    expect(texts()).toEqual([]);
  });

test('on resume cr50-spi-v1 sends nothing, linux-6.1 claims and releases the locality, recommended looks whether the TPM runs', async () => {
  const resumed = async (profile: (typeof ALL)[number]) => {
    const { driver, texts } = await probed(profile);
    await driver.suspend('to-idle');
    await driver.resume();
    return texts();
  };
  expect(await resumed(cr50SpiV1)).toEqual([]);
  // Seen of the stock driver. [VIRTUAL-LAB]
  expect(await resumed(linux61)).toEqual(['wake', 'R 0000 1', 'W 0000 1 02', 'R 0000 1', 'W 0000 1 20']);
  expect((await resumed(recommended)).slice(0, 3)).toEqual(['wake', 'R 0f00 4', 'R 0000 1']);
});

test('linux-6.1 leaves the chip marked suspended when it cannot claim the locality on resume', async () => {
  // [BUGS L-37]
  const { board, driver } = await probed(linux61);
  await driver.suspend('to-idle');
  board.fate = () => ({ stalls: true });
  await expect(driver.resume()).rejects.toMatchObject({ errno: -16 });
  board.fate = () => ({});
  await expect(driver.transmit(GET_RANDOM_32)).rejects.toMatchObject({ errno: -32 });
});

test('a TPM that lost its power answers 0x100 for ever, except with recommended, which starts it up', async () => {
  // [BUGS K-25] [BUGS L-26]
  for (const [profile, code] of [
    [cr50SpiV1, 0x100],
    [linux61, 0x100],
    [recommended, 0],
  ] as const) {
    const { chip, driver } = await probed(profile);
    let isStarted = false;
    await driver.suspend('to-idle');
    chip.engine = (command, body) => {
      if (command === 0x144) isStarted = true;
      return isStarted ? tinyTpm(command, body) : refusal(0x100);
    };
    await driver.resume();
    const response = await driver.transmit(GET_RANDOM_32);
    expect(new DataView(response.buffer).getUint32(6)).toBe(code);
    if (code !== 0) await expect(driver.random(8)).rejects.toMatchObject({ errno: -5 });
    const said = driver.log.map(({ text }) => text);
    expect(said.includes('A TPM error (256) occurred attempting get random')).toBe(code !== 0);
  }
});

test('recommended restores the saved state when it can, and starts from scratch when it cannot', async () => {
  for (const [stateCode, types] of [
    [0, [1]],
    [0x1c4, [1, 0]],
  ] as const) {
    const { chip, driver } = await probed(recommended);
    await driver.suspend('via-firmware');
    const seen: number[] = [];
    let isStarted = false;
    chip.engine = (code, command) => {
      if (code !== 0x144) return isStarted ? tinyTpm(code, command) : refusal(0x100);
      seen.push(command[11]!);
      if (command[11] === 1 && stateCode !== 0) return refusal(stateCode);
      isStarted = true;
      return tinyTpm(code, command);
    };
    await driver.resume();
    expect(seen).toEqual([...types]);
  }
});

test('the first access after a resume waits for a pulse of before the suspend, except with recommended', async () => {
  // [BUGS L-41]: suspended within 100 ms after a command; the pulse came while the host slept.
  for (const [profile, warns] of [
    [cr50SpiV1, true],
    [linux61, true],
    [recommended, false],
  ] as const) {
    const { board, driver } = await probed(profile);
    board.pulseDelay = false;
    await driver.phy.read8(0x0000);
    board.pulseDelay = ms(0.04);
    const warned = driver.log.filter(({ text }) => text === TIMEOUT).length;
    board.clock.advance(ms(50));
    await driver.suspend('to-idle');
    board.clock.advance(ms(60_000));
    const before = board.clock.now();
    await driver.resume();
    await driver.transmit(GET_RANDOM_32);
    expect(driver.log.filter(({ text }) => text === TIMEOUT).length - warned).toBe(warns ? 1 : 0);
    expect(between(before, board.clock.now()) > ms(600)).toBe(warns);
  }
});

/** A GetRandom is executing when the system suspends via its firmware. */
async function suspendDuringCommand(profile: (typeof ALL)[number]) {
  const made = await probed(profile, {
    hooks: {
      whilePolling: async () => {
        if (made.board.clock.now() > later) made.chip.settle();
      },
    },
  });
  const later = made.board.clock.now() + ms(500);
  made.chip.busyLooks = Infinity;
  const [command] = await made.board.clock.together<unknown>([
    () => made.driver.transmit(GET_RANDOM_32).catch((error: unknown) => error),
    async () => {
      await made.board.clock.sleep(ms(200));
      made.chip.busyLooks = 0;
      await made.driver.suspend('via-firmware');
    },
  ]);
  return { command, commands: made.chip.commands.slice(-2) };
}

test('cr50-spi-v1 suspends into a running command, the others wait for their turn', async () => {
  // [BUGS K-21]
  for (const profile of [linux61, recommended]) {
    const { command, commands } = await suspendDuringCommand(profile);
    expect(command).toHaveLength(44);
    expect(commands).toEqual([0x17b, SHUTDOWN]);
  }
  const { command } = await suspendDuringCommand(cr50SpiV1);
  expect(command).not.toHaveProperty('length', 44);
});

test('after recommended began to suspend nobody slips a command in, with linux-6.1 one may follow the shutdown', async () => {
  // [BUGS K-23]
  const run = async (profile: (typeof ALL)[number]) => {
    const { board, chip, driver } = await probed(profile);
    const outcome = await board.clock.together<unknown>([
      () => driver.suspend('via-firmware'),
      () => driver.transmit(GET_RANDOM_32).catch((error: unknown) => error),
    ]);
    return { last: chip.commands.at(-1), outcome: outcome[1] };
  };
  expect((await run(linux61)).last).toBe(0x17b);
  const ours = await run(recommended);
  expect(ours.last).toBe(SHUTDOWN);
  expect(ours.outcome).toMatchObject({ errno: -32 });
});

test('a command in flight goes on over a bus that idles with the kernel profiles, and is waited for by recommended', async () => {
  // [BUGS L-22]
  for (const [profile, framesAfter] of [
    [cr50SpiV1, true],
    [linux61, true],
    [recommended, false],
  ] as const) {
    const { board, chip, driver } = await probed(profile);
    let suspendedAt = 0;
    chip.busyLooks = 200;
    const [response] = await board.clock.together<unknown>([
      () => driver.transmit(GET_RANDOM_32),
      async () => {
        await board.clock.sleep(ms(50));
        await driver.suspend('to-idle');
        suspendedAt = board.clock.now();
      },
    ]);
    expect(response).toHaveLength(44);
    expect(board.frames.at(-1)!.fall > suspendedAt).toBe(framesAfter);
  }
});
