import type { Chance } from '../../fixtures/index.ts';
import { expect, hex, source, test } from '../../fixtures/index.ts';
import { RARE } from './rare-commands.ts';
import { answerTo, bytesOf, needsCommands } from './script.ts';

/** Number of damaged copies that follow each command. */
const COPIES = 5;
const HEADER = 10;
const NO_SESSIONS = 0x8001;
const SESSIONS = 0x8002;
/** Tag and response code of a command whose tag is none. [TPM2 Part 3, 5.2] */
const OLD_TAG = 0x00c4;
const BAD_TAG = 0x01e;

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** A copy with this content behind its header, and the size in the header right. */
function withBody(command: Uint8Array, body: Uint8Array): Uint8Array {
  const copy = Uint8Array.from([...command.subarray(0, HEADER), ...body]);
  view(copy).setUint32(2, copy.length);
  return copy;
}

/** What becomes of a command on its way to be damaged: its size in the header stays right, so that the TPM looks at the rest. */
type Damage = (command: Uint8Array, chance: Chance) => Uint8Array;

const oneBit: Damage = (command, chance) => {
  const copy = command.slice();
  const at = chance.integer(Math.min(HEADER, copy.length - 1), copy.length - 1);
  copy[at]! ^= 1 << chance.integer(0, 7);
  return copy;
};
const oneByte: Damage = (command, chance) => {
  const copy = command.slice();
  copy[chance.integer(Math.min(HEADER, copy.length - 1), copy.length - 1)] = chance.pick([
    0x00, 0x7f, 0x80, 0xff,
  ]);
  return copy;
};
const cutShort: Damage = (command, chance) =>
  withBody(command, command.subarray(HEADER, chance.integer(HEADER, Math.max(HEADER, command.length - 1))));
const longer: Damage = (command, chance) =>
  withBody(command, Uint8Array.from([...command.subarray(HEADER), chance.integer(0, 255)]));
const otherTag: Damage = (command) => {
  const copy = command.slice();
  view(copy).setUint16(0, view(copy).getUint16(0) === SESSIONS ? NO_SESSIONS : SESSIONS);
  return copy;
};

/** Most of the damage is to fields, of which there are the most. */
const DAMAGES: readonly Damage[] = [oneBit, oneBit, oneByte, oneByte, cutShort, cutShort, longer, otherTag];

/** What is odd about an answer to a damaged command, as a sentence; undefined when nothing is. [TPM2 Part 1, 18.10] */
function oddityOf(command: Uint8Array, answer: Uint8Array): string | undefined {
  const sent = `${hex(command)} is answered with ${hex(answer)}`;
  if (answer.length < HEADER) return `${sent}: no whole header`;
  const [tag, size, code] = [view(answer).getUint16(0), view(answer).getUint32(2), view(answer).getUint32(6)];
  if (size !== answer.length) return `${sent}: its size field says ${size}`;
  if (code === 0)
    return tag === view(command).getUint16(0) ? undefined : `${sent}: not the tag of the command`;
  if (size !== HEADER) return `${sent}: a refusal has ${HEADER} bytes`;
  return tag === (code === BAD_TAG ? OLD_TAG : NO_SESSIONS) ? undefined : `${sent}: not the tag of a refusal`;
}

test.describe('damaged commands', () => {
  // They may set or lock what a real chip keeps.
  test.use({ about: 'chip', needs: ['virtual-time'] });

  for (const [what, script] of Object.entries(RARE))
    test(
      `${what}: copies of each command with a wrong bit, byte, length or tag get a whole answer, and a refusal is bare`,
      { annotation: source('TPM2 Part 1, 18.10', 'TPM2 Part 3, 5') },
      async ({ driver, rig, chance, step }) => {
        await needsCommands(
          driver,
          script.map(({ code }) => code),
          rig,
        );
        const odd: string[] = [];
        await step(
          `1. send ${script.length} commands, and ${COPIES} damaged copies behind each`,
          async () => {
            let before = '';
            for (const command of script) {
              const whole = bytesOf(command, before);
              const answer = await answerTo(driver, whole);
              before = answer.slice(answer.indexOf(' ') + 1);
              for (let copy = 0; copy < COPIES; copy++) {
                const damaged = chance.pick(DAMAGES)(whole, chance);
                const oddity = oddityOf(damaged, await driver.transmit(damaged));
                if (oddity !== undefined) odd.push(oddity);
              }
            }
          },
        );
        await step('2. find nothing odd about the answers', () => {
          expect(odd).toEqual([]);
        });
        await step('3. ask for 8 random bytes', async () => {
          expect(await driver.random(8)).toHaveLength(8);
        });
      },
    );
});
