import type { OwnDriver } from '../../fixtures/index.ts';
import {
  BINDING,
  both,
  errnoAfter,
  driversThat,
  expect,
  hex,
  readRegister,
  RULE,
  source,
  STS,
  test,
  TPM_DATA_FIFO,
  TPM_DID_VID,
  TPM_FW_VER,
  TPM_STS,
} from '../../fixtures/index.ts';

const LENGTHS = Array.from({ length: 64 }, (_, at) => at + 1);

/** Reads the first bytes of the version text at every length; answers the lengths that gave something else. */
async function misreadLengths({ phy }: OwnDriver): Promise<number[]> {
  const whole = new Uint8Array(64);
  await phy.write8(TPM_FW_VER, 0);
  for (let at = 0; at < 64; at++) whole[at] = await phy.read8(TPM_FW_VER);
  const wrong: number[] = [];
  for (const length of LENGTHS) {
    const bytes = new Uint8Array(length);
    await phy.write8(TPM_FW_VER, 0);
    await phy.read(TPM_FW_VER, bytes);
    if (hex(bytes) !== hex(whole.subarray(0, length))) wrong.push(length);
  }
  return wrong;
}

/**
 * Writes `size` bytes into the FIFO and reads them back one by one before they are executed, which the chip allows;
 * answers the lengths that came back as something else. [CHIP 4.3]
 */
async function miswrittenLengths({ phy }: OwnDriver): Promise<number[]> {
  const wrong: number[] = [];
  for (const length of LENGTHS) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 37 + length) & 0xff);
    // Twice: the first leaves whatever state there was, the second makes the chip ready.
    await phy.write8(TPM_STS, STS.commandReady);
    await phy.write8(TPM_STS, STS.commandReady);
    await phy.write(TPM_DATA_FIFO, bytes);
    const back = new Uint8Array(length);
    for (let at = 0; at < length; at++) back[at] = await phy.read8(TPM_DATA_FIFO);
    if (hex(back) !== hex(bytes)) wrong.push(length);
  }
  return wrong;
}

test.describe('length', () => {
  test(
    'a read of every length from 1 to 64 delivers the bytes of the register, in one frame with one CS edge each way',
    { annotation: source('CHIP 1.5', 'DRIVER 1.7') },
    async ({ ownDriver, wires, step }) => {
      const wrong = await step('1. read TPM_FW_VER at every length', () => misreadLengths(ownDriver));
      await step('2. find no length that went wrong, and every frame whole', () => {
        expect(wrong).toEqual([]);
        expect(wires).toKeep(RULE.CS_EDGES, RULE.FRAME_WHOLE, RULE.FILLER);
      });
    },
  );

  test.describe('of the chip', () => {
    // That the driver wrote what it was given, the wire says.
    test.use({ about: 'chip' });

    test(
      'a write of every length from 1 to 64 puts the bytes into the FIFO',
      { annotation: source('CHIP 1.5', 'CHIP 4.3') },
      async ({ ownDriver, step }) => {
        const wrong = await step('1. write to TPM_DATA_FIFO at every length and read back', () =>
          miswrittenLengths(ownDriver),
        );
        await step('2. find no length that went wrong', () => {
          expect(wrong).toEqual([]);
        });
      },
    );
  });

  test(
    'the length in the header is one less than the bytes that follow the ready byte',
    { annotation: source('CHIP 1.2', 'DRIVER 1.7') },
    async ({ ownDriver, wires, step }) => {
      const sight = await step('1. read 1, 4 and 64 bytes of TPM_FW_VER', () =>
        wires.during(async () => {
          for (const length of [1, 4, 64]) await ownDriver.phy.read(TPM_FW_VER, new Uint8Array(length));
        }),
      );
      await step('2. find the headers', () => {
        expect(sight.frames.map(({ sent }) => hex(sent.subarray(0, 4)))).toEqual([
          '80 d4 0f 90',
          '83 d4 0f 90',
          'bf d4 0f 90',
        ]);
      });
    },
  );

  test.describe('of an access that is refused', () => {
    test.use({
      forDrivers: both(
        BINDING,
        driversThat(({ longAccess }) => longAccess === 'refused', 'It splits the access.'),
      ),
    });
    test(
      'an access of 130 bytes is refused with EINVAL (-22), and no frame reaches the chip',
      { annotation: source('DRIVER 1.7') },
      async ({ ownDriver, wires, step }) => {
        let errno = 0;
        const sight = await step('1. read 130 bytes of TPM_FW_VER in one access', () =>
          wires.during(async () => {
            errno = await errnoAfter(ownDriver.phy.read(TPM_FW_VER, new Uint8Array(130)));
          }),
        );
        await step('2. find EINVAL and no frame', () => {
          expect([errno, sight.frames.length]).toEqual([-22, 0]);
        });
      },
    );
  });

  test.describe('of an access that is split', () => {
    test.use({
      // A host that clocks late pauses between the frames, so the chip gets its time anyway.
      needs: ['prompt-host'],
      forDrivers: both(
        BINDING,
        driversThat(({ longAccess }) => longAccess === 'split', 'It refuses the access.'),
      ),
    });
    test(
      'an access of 130 bytes is split into frames of 64 without a pause, and fails with EBUSY (-16) as the chip loses the second one',
      { annotation: source('BUGS L-34') },
      async ({ ownDriver, wires, provoking, step }) => {
        let errno = 0;
        const read = (): Promise<void> => ownDriver.phy.read(TPM_FW_VER, new Uint8Array(130));
        const sight = await step('1. read 130 bytes of TPM_FW_VER in one access', () =>
          wires.during(async () => {
            errno = await errnoAfter(provoking([RULE.FRAME_AFTER_PULSE, RULE.GAP_WITHOUT_PULSE], read));
          }),
        );
        await step('2. find EBUSY, and the sizes in the headers of the two frames', () => {
          expect([errno, ...sight.frames.map(({ sent }) => (sent[0]! & 0x3f) + 1)]).toEqual([-16, 64, 64]);
        });
      },
    );
  });

  test(
    'a register that is read wider than it is fills up with bytes of earlier reads',
    { annotation: source('CHIP 1.6') },
    async ({ board, driver, step }) => {
      await step('1. unbind the driver', () => driver.remove());
      const answer = await step('2. read 64 bytes of TPM_DID_VID', () =>
        readRegister(board, TPM_DID_VID, 64),
      );
      await step('3. find 64 bytes, the identity at their beginning', () => {
        expect(answer).toHaveLength(64);
        expect(hex(answer.subarray(0, 4))).toBe('e0 1a 28 00');
      });
    },
  );
});
