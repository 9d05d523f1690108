import type { Tampering } from '../../fixtures/index.ts';
import {
  errnoOf,
  hex,
  ms,
  readRegister,
  seconds,
  SpiFailure,
  STS,
  TPM_ACCESS,
  TPM_DATA_FIFO,
  TPM_DID_VID,
  TPM_FW_VER,
  TPM_INT_ENABLE,
  TPM_STS,
  writeRegister,
} from '../../fixtures/index.ts';
import type { BugBench } from './bench.ts';
import { shows } from './bench.ts';

/** TPM2_GetRandom of 8 bytes. [TPM2 Part 3, 16.1] */
const GET_RANDOM = Uint8Array.of(0x80, 0x01, 0, 0, 0, 0x0c, 0, 0, 0x01, 0x7b, 0, 8);
/** TPM2_GetCapability of all commands: an answer of several bursts. [TPM2 Part 3, 30.2] */
const GET_COMMANDS = Uint8Array.of(
  0x80,
  1,
  0,
  0,
  0,
  0x16,
  0,
  0,
  1,
  0x7a,
  0,
  0,
  0,
  2,
  0,
  0,
  1,
  0x1f,
  0,
  0,
  0,
  0x40,
);
/** The header of TPM2_VerifySignature and nothing else: refused, but timed as such. [TPM2 Part 3, 20.1] */
const VERIFY_SIGNATURE = Uint8Array.of(0x80, 0x01, 0, 0, 0, 0x0a, 0, 0, 0x01, 0x77);
const NO_IRQ = { hasInterrupt: false };

/** Does something to the first data of a register once it is armed. */
function once(register: number, act: (data: Uint8Array) => void): Tampering & { isArmed: boolean } {
  const tampering: Tampering & { isArmed: boolean } = {
    isArmed: false,
    after: (frame, data) => {
      if (!tampering.isArmed || frame.register !== register || frame.direction !== 'read') return;
      tampering.isArmed = false;
      act(data);
    },
  };
  return tampering;
}

shows(
  'K-15',
  async ({ profile }) => profile.match.modalias !== 'spi:cr50' || profile.match.compatible !== 'google,cr50',
);

shows('K-30', async ({ bound, board }) => {
  const stack = await bound();
  await board.faults.set({ kind: 'chip-slow-command', time: seconds(3), commands: { count: 1 } });
  return (await stack.transmit(VERIFY_SIGNATURE).then(() => 0, errnoOf)) === -62;
});

shows('K-31', async ({ bound, board }) => {
  let readyAt = 0;
  const stack = await bound(
    {},
    {
      after: ({ register, direction }, data) => {
        if (register === TPM_STS && direction === 'read' && board.clock.now() < readyAt) data[0]! &= ~0x40;
      },
    },
  );
  readyAt = board.clock.now() + ms(2500);
  return (await stack.transmit(GET_RANDOM).then(() => 0, errnoOf)) === -62;
});

shows('K-34', async ({ bound }) => {
  const flip = once(TPM_DATA_FIFO, (data) => {
    data[3]! ^= 0x40;
  });
  const stack = await bound({}, flip);
  flip.isArmed = true;
  return stack.transmit(GET_COMMANDS).then(
    () => false,
    (error: unknown) => errnoOf(error) < 0,
  );
});

shows('K-35', async ({ bound }) => {
  let left = 0;
  const stack = await bound(
    {},
    {
      before: ({ register, direction, size }) => {
        if (register === TPM_DATA_FIFO && direction === 'read' && size !== 1 && left > 0 && --left === 0)
          throw new SpiFailure('frame', 5);
      },
    },
  );
  for (const nth of [1, 2]) {
    left = nth;
    if ((await stack.transmit(GET_RANDOM).then(() => 0, errnoOf)) !== 0) return true;
  }
  return false;
});

shows('K-36', async ({ bound, board }) => {
  let releasedAt = Infinity;
  const stack = await bound(
    {},
    {
      before: ({ register, direction }) => {
        if (register === TPM_ACCESS && direction === 'write') releasedAt = board.clock.now();
      },
      after: ({ register, direction }, data) => {
        if (register === TPM_ACCESS && direction === 'read' && board.clock.now() - releasedAt < ms(400))
          data[0]! |= 0x20;
      },
    },
  );
  const before = board.clock.now();
  await stack.random(8);
  return board.clock.now() - before > ms(400);
});

shows('K-37', async ({ bound }) => {
  const ones = once(TPM_STS, (data) => data.fill(0xff));
  const stack = await bound({}, ones);
  ones.isArmed = true;
  return (await stack.core.status.read()) === 0xff;
});

shows('K-40', async ({ bound, board }) => {
  const stack = await bound();
  await board.faults.set({ kind: 'chip-long-response', size: 12, commands: { count: 1 } });
  // The size field of that answer is 0x0a0b: far more than the two bytes that are there.
  return (await stack.random(8).then(() => 0, errnoOf)) !== -14;
});

shows('K-42', async ({ make, bound, board }) => {
  for (let nth = 0; nth < 60; nth += 3) {
    await board.faults.set({ kind: 'bus-error', errno: 5, frames: { from: nth, count: 1 } });
    const stack = make(NO_IRQ);
    await stack.probe().catch(errnoOf);
    await board.faults.clear();
    stack.abandon();
    await board.clock.sleep(ms(1100));
    const again = await bound(NO_IRQ).catch(() => undefined);
    if (again === undefined || (await again.random(8)).length !== 8) return true;
    again.abandon();
  }
  return false;
});

shows('K-45', async ({ make, board }) => {
  await board.faults.set({ kind: 'chip-slow-command', time: ms(800) });
  const stack = make();
  const isBound = await stack.probe().then(
    () => true,
    (error: unknown) => errnoOf(error) > 0,
  );
  return !isBound || stack.inventory.commands.length === 0;
});

shows('K-46', async ({ make }) => {
  const stack = make(NO_IRQ, {
    after: ({ register }, data) => {
      if (register === TPM_DID_VID) data.set([0x50, 0x10, 0x01, 0x00].slice(0, data.length));
    },
  });
  return stack.probe().then(
    () => true,
    (error: unknown) => errnoOf(error) > 0,
  );
});

shows('K-56', async ({ make, board }) => {
  const busyUntil = board.clock.now() + seconds(5);
  const stack = make(NO_IRQ, {
    after: ({ register, direction }, data) => {
      // Another locality is active: the chip grants nothing yet.
      if (register === TPM_ACCESS && direction === 'read' && board.clock.now() < busyUntil) data[0]! &= ~0x20;
    },
  });
  return stack.probe().then(
    () => false,
    (error: unknown) => errnoOf(error) < 0,
  );
});

shows('L-04', async ({ make }) => {
  const stack = make(NO_IRQ, {
    before: ({ register }) => {
      if (register === TPM_FW_VER) throw new SpiFailure('frame', 5);
    },
  });
  return stack.probe().then(
    () => true,
    (error: unknown) => errnoOf(error) > 0,
  );
});

shows('L-05', async ({ bound }) => {
  let sent = 0;
  const stack = await bound(
    {},
    {
      after: ({ register, direction }, data) => {
        if (register !== TPM_FW_VER || direction === 'write') return;
        for (let i = 0; i < data.length; i++) data[i] = sent++ < 79 ? 0x61 : 0;
      },
    },
  );
  return (await stack.firmwareVersion()).length === 64;
});

shows('L-06', async ({ bound }) => {
  let isActive = false;
  const stack = await bound(
    {},
    {
      after: ({ register, direction }, data) => {
        if (register === TPM_ACCESS && direction === 'read') isActive = (data[0]! & 0x20) !== 0;
        if (register === TPM_ACCESS && direction === 'write') isActive = false;
        if (register === TPM_FW_VER && direction === 'read' && !isActive) data.fill(0xff);
      },
    },
  );
  return (await stack.firmwareVersion()).includes('\u00ff');
});

shows('L-38', async ({ bound, board }) => {
  const stack = await bound();
  await board.faults.set({ kind: 'line-stuck', line: 'MISO', level: 'low' });
  const before = board.clock.now();
  await stack.remove().catch(errnoOf);
  return board.clock.now() - before > ms(700);
});

shows('L-42', async ({ bound, board }) => {
  const stack = await bound();
  await board.faults.set({ kind: 'chip-slow-command', time: seconds(6), commands: { count: 1 } });
  const outcomes: number[] = [];
  outcomes.push(await stack.transmit(GET_RANDOM).then(() => 0, errnoOf));
  await board.clock.sleep(seconds(6));
  for (let i = 0; i < 2; i++) outcomes.push(await stack.transmit(GET_RANDOM).then(() => 0, errnoOf));
  return outcomes.join() === '-62,-62,0';
});

/** Claims the locality and makes the chip ready from whatever state it is in, without a driver. */
async function makeReady(board: BugBench['board']): Promise<void> {
  await writeRegister(board, TPM_ACCESS, 0x02);
  await writeRegister(board, TPM_STS, STS.commandReady);
  await writeRegister(board, TPM_STS, STS.commandReady);
}

shows('L-43', async ({ board }) => {
  // GetRandom, go; release at once; look for dataAvail.
  await makeReady(board);
  await writeRegister(board, TPM_DATA_FIFO, ...GET_RANDOM);
  await board.faults.set({ kind: 'chip-slow-command', time: ms(500), commands: { count: 1 } });
  await writeRegister(board, TPM_STS, STS.tpmGo);
  await writeRegister(board, TPM_ACCESS, 0x20);
  await board.clock.sleep(ms(700));
  const [status = 0] = await readRegister(board, TPM_STS);
  return (status & STS.dataAvail) !== 0;
});

shows('L-44', async ({ bound }) => {
  const stack = await bound();
  await stack.phy.read32(TPM_DID_VID);
  const first = await stack.phy.read32(TPM_INT_ENABLE);
  await stack.phy.read32(TPM_STS);
  return first !== (await stack.phy.read32(TPM_INT_ENABLE));
});

shows('L-46', async ({ board }) => {
  await makeReady(board);
  // 11 of the 12 bytes, then go.
  await writeRegister(board, TPM_DATA_FIFO, ...GET_RANDOM.subarray(0, 11));
  await writeRegister(board, TPM_STS, STS.tpmGo);
  await board.clock.sleep(ms(200));
  return hex(await readRegister(board, TPM_DATA_FIFO, 10)).startsWith('80 01 00 00 00 0a ');
});
