import { expect, test } from '@playwright/test';
import { cr50SpiV1, linux61, recommended, DriverError } from '../../src/driver/index.ts';
import type { Profile } from '../../src/driver/index.ts';
import { between, ms } from '../../src/units/index.ts';
import { makeCore } from './make-core.ts';

const ALL = [cr50SpiV1, linux61, recommended];
const KERNELS = [cr50SpiV1, linux61];

/** A command of this many bytes; its size field says so. */
function commandOf(length: number): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => i & 0xff);
  bytes.set(Buffer.from('8001', 'hex'));
  new DataView(bytes.buffer).setUint32(2, length);
  new DataView(bytes.buffer).setUint32(6, 0x17d);
  return bytes;
}

const writes = (texts: readonly string[]): readonly string[] =>
  texts.filter((text) => text.startsWith('W 0024'));

for (const [length, kernel, lean] of [
  [10, 2, 1],
  [12, 2, 1],
  [64, 2, 2],
  [65, 3, 2],
  [127, 3, 3],
  [1042, 18, 17],
  [2048, 34, 33],
] as const)
  test(`a command of ${length} bytes goes in ${kernel} writes with the kernel profiles, ${lean} with recommended`, async () => {
    for (const profile of ALL) {
      const { chip, core, texts } = await makeCore(profile);
      let received = new Uint8Array();
      const answer = chip.engine;
      chip.engine = (code, command) => {
        received = Uint8Array.from(command);
        return answer(code, command);
      };
      await core.fifo.send(commandOf(length));
      expect(writes(texts())).toHaveLength(profile === recommended ? lean : kernel);
      expect(received).toEqual(commandOf(length));
    }
  });

/** A response of this many bytes. */
function responseOf(length: number): Uint8Array {
  const bytes = commandOf(length);
  new DataView(bytes.buffer).setUint32(6, 0);
  return bytes;
}

for (const length of [10, 11, 62, 63, 64, 73, 127, 1024, 2048])
  for (const profile of ALL)
    test(`${profile.name} reads a response of ${length} bytes whole`, async () => {
      const { chip, core } = await makeCore(profile);
      chip.engine = () => responseOf(length);
      const into = new Uint8Array(4096);
      await core.fifo.send(commandOf(12));
      expect(await core.fifo.awaitResponse(ms(100))).toBe('available');
      expect(await core.fifo.receive(into)).toBe(length);
      expect(into.slice(0, length)).toEqual(responseOf(length));
      expect(chip.state).toBe('idle');
    });

for (const profile of KERNELS) {
  test(`${profile.name} fails with -5 and aborts when the chip expects more after the last byte`, async () => {
    const { board, chip, core, texts } = await makeCore(profile);
    board.read = (register, size) => {
      const bytes = chip.read(register, size);
      if (register === 0x0018 && chip.state === 'reception') bytes[0] = 0xc8;
      return bytes;
    };
    await expect(core.fifo.send(commandOf(12))).rejects.toMatchObject({ name: 'ExpectWrong', errno: -5 });
    expect(texts().at(-1)).toBe('W 0018 1 40');
    expect(texts()).not.toContain('W 0018 1 20');
  });

  test(`${profile.name} fails with -5 when the chip expects no more before the last byte`, async () => {
    const { board, chip, core, texts } = await makeCore(profile);
    board.read = (register, size) => {
      const bytes = chip.read(register, size);
      if (register === 0x0018 && chip.state === 'reception') bytes[0] = 0xc0;
      return bytes;
    };
    await expect(core.fifo.send(commandOf(12))).rejects.toMatchObject({ errno: -5, sent: 11 });
    expect(texts().at(-1)).toBe('W 0018 1 40');
  });

  test(`${profile.name} fails with -62 after timeout B when the chip does not become ready`, async () => {
    const { board, chip, core } = await makeCore(profile);
    board.write = (register, data) => {
      if (register !== 0x0018) chip.write(register, data);
    };
    const before = board.clock.now();
    await expect(core.fifo.send(commandOf(12))).rejects.toMatchObject({ name: 'StatusTimeout', errno: -62 });
    // [DRIVER 2.2] [BUGS K-31]
    expect(between(before, board.clock.now())).toBeGreaterThanOrEqual(ms(2000));
    expect(between(before, board.clock.now())).toBeLessThan(ms(2030));
  });

  test(`${profile.name} says so when the burstCount cannot be read`, async () => {
    const { board, core, said } = await makeCore(profile);
    board.fate = (_frame, text) => (text === 'R 0018 4' ? { busError: { errno: 5 } } : {});
    await expect(core.fifo.send(commandOf(12))).rejects.toMatchObject({ errno: -5 });
    expect(said()).toEqual(['Unable to read burstcount']);
  });

  test(`${profile.name} refuses a response whose size field is wrong with -5, and drops it`, async () => {
    for (const size of [0, 9, 4097]) {
      const { chip, core } = await makeCore(profile);
      const response = responseOf(12);
      new DataView(response.buffer).setUint32(2, size);
      chip.engine = () => response;
      await core.fifo.send(commandOf(12));
      await core.fifo.awaitResponse(ms(100));
      await expect(core.fifo.receive(new Uint8Array(4096))).rejects.toMatchObject({ errno: -5 });
      expect(chip.state).toBe('idle');
    }
  });

  test(`${profile.name} fails with -62 when the response ends before its size field says`, async () => {
    // [BUGS K-35]
    const { chip, core, said } = await makeCore(profile);
    const response = responseOf(20);
    new DataView(response.buffer).setUint32(2, 30);
    chip.engine = () => response;
    await core.fifo.send(commandOf(12));
    await core.fifo.awaitResponse(ms(100));
    await expect(core.fifo.receive(new Uint8Array(4096))).rejects.toMatchObject({ errno: -62 });
    expect(said()).toEqual(['Unable to read remainder of result']);
  });

  test(`${profile.name} fails with -5 when data are left over`, async () => {
    const { chip, core, said } = await makeCore(profile);
    const response = responseOf(20);
    new DataView(response.buffer).setUint32(2, 19);
    chip.engine = () => response;
    await core.fifo.send(commandOf(12));
    await core.fifo.awaitResponse(ms(100));
    await expect(core.fifo.receive(new Uint8Array(4096))).rejects.toMatchObject({ errno: -5 });
    expect(said()).toEqual(['Error left over data']);
  });

  test(`${profile.name} says so when the header cannot be read`, async () => {
    const { board, core, said } = await makeCore(profile);
    await core.fifo.send(commandOf(12));
    await core.fifo.awaitResponse(ms(100));
    board.fate = (_frame, text) => (text === 'R 0024 10' ? { busError: { errno: 5 } } : {});
    await expect(core.fifo.receive(new Uint8Array(4096))).rejects.toMatchObject({ errno: -5 });
    expect(said()).toEqual(['Unable to read header']);
  });

  test(`${profile.name} does not try a corrupted response again`, async () => {
    // [BUGS K-34]
    const { core, texts } = await corrupted(profile);
    await expect(core.fifo.receive(new Uint8Array(4096))).rejects.toThrow(DriverError);
    expect(texts()).not.toContain('W 0018 1 02');
  });
}

/** A response of 44 bytes is there, and one bit of its size field is flipped on the way at the first reading. */
async function corrupted(profile: Profile) {
  const made = await makeCore(profile);
  made.chip.engine = () => responseOf(44);
  await made.core.fifo.send(commandOf(12));
  await made.core.fifo.awaitResponse(ms(100));
  let isFirst = true;
  made.board.read = (register, size) => {
    const bytes = made.chip.read(register, size);
    if (register === 0x0024 && isFirst) {
      isFirst = false;
      bytes[5]! ^= 0x01;
    }
    return bytes;
  };
  return made;
}

test('recommended asks for a corrupted response again and gets it', async () => {
  // [BUGS K-34]
  const { core, texts } = await corrupted(recommended);
  const into = new Uint8Array(4096);
  expect(await core.fifo.receive(into)).toBe(44);
  expect(into.slice(0, 44)).toEqual(responseOf(44));
  expect(texts()).toContain('W 0018 1 02');
});

test('recommended notices a size field that is wrong by one in a response of several bursts', async () => {
  const { board, chip, core } = await makeCore(recommended);
  for (const flipped of [0x01, 0x02, 0x04, 0x08, 0x10, 0x20]) {
    chip.engine = () => responseOf(100);
    await core.fifo.send(commandOf(12));
    await core.fifo.awaitResponse(ms(100));
    let isFirst = true;
    board.read = (register, size) => {
      const bytes = chip.read(register, size);
      if (register === 0x0024 && isFirst) {
        isFirst = false;
        bytes[5]! ^= flipped;
      }
      return bytes;
    };
    const into = new Uint8Array(4096);
    expect(await core.fifo.receive(into)).toBe(100);
    expect(into.slice(0, 100)).toEqual(responseOf(100));
  }
});

test('recommended gives a response up after three tries', async () => {
  const { board, chip, core, texts } = await makeCore(recommended);
  chip.engine = () => responseOf(44);
  await core.fifo.send(commandOf(12));
  await core.fifo.awaitResponse(ms(100));
  board.fate = (_frame, text) => (text.startsWith('R 0024') ? { busError: { errno: 5 } } : {});
  await expect(core.fifo.receive(new Uint8Array(4096))).rejects.toMatchObject({ errno: -5 });
  expect(texts().filter((text) => text === 'W 0018 1 02')).toHaveLength(2);
});

test('recommended sends a command again whose bytes did not all arrive, and only once when it did', async () => {
  const { board, chip, core, texts } = await makeCore(recommended);
  let lost = 1;
  board.fate = (_frame, text) => (text.startsWith('W 0024') && lost-- > 0 ? { stalls: true } : {});
  await core.fifo.send(commandOf(12));
  expect(chip.commands).toEqual([0x17d]);
  expect(texts().filter((text) => text === 'W 0018 1 20')).toHaveLength(1);
});

test('recommended gives a command up after three tries', async () => {
  const { board, chip, core, texts } = await makeCore(recommended);
  board.fate = (_frame, text) => (text.startsWith('W 0024') ? { busError: { errno: 5 } } : {});
  await expect(core.fifo.send(commandOf(12))).rejects.toMatchObject({ errno: -5 });
  expect(writes(texts())).toHaveLength(3);
  expect(chip.commands).toEqual([]);
});

for (const [profile, outcome] of [
  [cr50SpiV1, 'times out'],
  [linux61, 'times out'],
  [recommended, 'is ready'],
] as const)
  test(`${profile.name} ${outcome} when a response nobody waited for is in the chip`, async () => {
    // [BUGS L-42]: the first commandReady only drops the response, the second readies the chip.
    const { chip, core } = await makeCore(profile);
    chip.state = 'completion';
    const sent = core.fifo.send(commandOf(12));
    if (profile === recommended) await sent;
    else await expect(sent).rejects.toMatchObject({ errno: -62 });
    // The abort of the failed send was the second write.
    if (profile !== recommended) await core.fifo.send(commandOf(12));
    expect(chip.commands).toEqual([0x17d]);
  });

for (const profile of ALL) {
  test(`${profile.name} waits for the response, and gives it up after its limit`, async () => {
    const { chip, core, board } = await makeCore(profile);
    chip.busyLooks = 20;
    await core.fifo.send(commandOf(12));
    expect(await core.fifo.awaitResponse(ms(2000))).toBe('available');
    await core.fifo.receive(new Uint8Array(4096));
    chip.busyLooks = Infinity;
    await core.fifo.send(commandOf(12));
    const before = board.clock.now();
    expect(await core.fifo.awaitResponse(ms(2000))).toBe('timeout');
    // A deadline in ticks can be up to a tick early.
    expect(between(before, board.clock.now())).toBeGreaterThanOrEqual(ms(1996));
    expect(between(before, board.clock.now())).toBeLessThan(ms(2020));
  });

  test(`${profile.name} takes a status of exactly commandReady for a cancelled command`, async () => {
    // [DRIVER 2.8]
    const { board, core } = await makeCore(profile);
    await core.fifo.send(commandOf(12));
    board.read = (_register, size) => Uint8Array.of(0x40, 63, 0, 4).subarray(0, size);
    expect(await core.fifo.awaitResponse(ms(2000))).toBe('cancelled');
  });

  test(`${profile.name} keeps on looking when looks fail in flow control`, async () => {
    // [BUGS L-30]
    const { board, chip, core } = await makeCore(profile);
    chip.busyLooks = 1;
    await core.fifo.send(commandOf(12));
    let fails = 3;
    board.fate = () => (fails-- > 0 ? { stalls: true, pulse: false } : {});
    expect(await core.fifo.awaitResponse(ms(20_000))).toBe('available');
  });
}
