import { createCipheriv, createDecipheriv, createECDH, createHmac } from 'node:crypto';
import type { HostDriver } from '../../fixtures/index.ts';
import { expect, source, test } from '../../fixtures/index.ts';
import { ECC, HMAC, hmacArea, hmacSecret } from './known-keys.ts';
import { needsCommands, PASSWORD } from './script.ts';
import type { Answer, Asked } from './session-client.ts';
import { bytes, digest, flush, kdfA, send, Session, SHA256, sized, word } from './session-client.ts';

const OWNER = '40000001';
const NULL = '40000007';
const AREA = PASSWORD.slice(9);
const PARENT = '80000000';
const OBJECT = '80000001';

/** A storage key: restricted, decrypt, userWithAuth. [TPM2 Part 2, 8.3] */
const storageArea = (attributes: string, x: string, y: string): string =>
  `0023 000b ${attributes} 0000 0006 0080 0043 0010 0003 0010 ${sized(x)} ${sized(y)}`.replaceAll(' ', '');
/** The same with fixedTPM, fixedParent and sensitiveDataOrigin, as a primary key has to be. */
const PRIMARY = storageArea('00030072', '', '');
/** A storage key of somebody else, whose private part the host holds. */
const OTHERS = storageArea('00030040', ECC.x, ECC.y);

/** What may be duplicated by a policy for that command: the digest of PolicyCommandCode. [TPM2 Part 3, 23.11] */
const MOVES = digest(SHA256, '00'.repeat(32), '0000016c', '0000014b').toString('hex');
/** userWithAuth and sign; nothing fixes it. */
const movableArea = (unique: string): string =>
  `0008 000b 00040040 ${sized(MOVES)} 0005 000b ${sized(unique)}`.replaceAll(' ', '');

const nameOf = (area: string): string => `000b${digest(SHA256, area).toString('hex')}`;
const nul = (label: string): Buffer => Buffer.from(`${label}\0`, 'latin1');

/** What two parties share whose keys are on P-256. [TPM2 Part 1, 11.4.9.3] */
function kdfE(label: string, z: Buffer, parties: readonly string[]): Buffer {
  return digest(SHA256, '00000001', z, nul(label), ...parties);
}
const pointOf = (x: string, y: string): Buffer => bytes(`04${x}${y}`);

/** A secret for the owner of a key, and what is sent to the owner. The scalar is that of RFC 5903, 8.1. */
function share(label: string, x: string, y: string): { readonly seed: Buffer; readonly sent: string } {
  const mine = createECDH('prime256v1');
  mine.setPrivateKey(bytes('c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433'));
  const own = mine.getPublicKey().toString('hex').slice(2);
  const seed = kdfE(label, mine.computeSecret(pointOf(x, y)), [own.slice(0, 64), x]);
  return { seed, sent: sized(own.slice(0, 64)) + sized(own.slice(64)) };
}

/** The secret that was sent to the key of the host. */
function receive(label: string, sent: string): Buffer {
  const [x, y] = [sent.slice(4, 68), sent.slice(72)];
  const mine = createECDH('prime256v1');
  mine.setPrivateKey(bytes(ECC.d));
  return kdfE(label, mine.computeSecret(pointOf(x, y)), [x, ECC.x]);
}

const NO_IV = Buffer.alloc(16);
const NONE = Buffer.alloc(0);
const cipherKey = (seed: Buffer, name: string): Buffer =>
  kdfA(SHA256, seed, ['STORAGE', bytes(name), NONE], 128);
const integrityOf = (seed: Buffer, body: Buffer, name: string): Buffer =>
  createHmac('sha256', kdfA(SHA256, seed, ['INTEGRITY', NONE, NONE], 256))
    .update(body)
    .update(bytes(name))
    .digest();

/** An outer wrap: integrity, then what was encrypted. [TPM2 Part 1, 24] */
function seal(seed: Buffer, name: string, plain: string): string {
  const body = createCipheriv('aes-128-cfb', cipherKey(seed, name), NO_IV).update(bytes(plain));
  return sized(integrityOf(seed, body, name)) + body.toString('hex');
}

/** What is in an outer wrap; empty when its integrity is wrong. */
function unseal(seed: Buffer, name: string, blob: string): string {
  const body = bytes(blob.slice(68));
  if (!integrityOf(seed, body, name).equals(bytes(blob.slice(4, 68)))) return '';
  return createDecipheriv('aes-128-cfb', cipherKey(seed, name), NO_IV).update(body).toString('hex');
}

const INNER_KEY = '000102030405060708090a0b0c0d0e0f';
/** An inner wrap: a digest of secret and name in front, both encrypted with a key that is told. [TPM2 Part 1, 23.3] */
const wrapped = (secret: string, name: string): string =>
  createCipheriv('aes-128-cfb', bytes(INNER_KEY), NO_IV)
    .update(bytes(sized(digest(SHA256, secret, name)) + secret))
    .toString('hex');

/** Sized fields of a response, one after the other. */
function fields(text: string, count: number): string[] {
  const found: string[] = [];
  for (let at = 0; found.length < count;) {
    const size = 2 * Number.parseInt(text.slice(at, at + 4), 16);
    found.push(text.slice(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return found;
}
const parametersOf = ({ rest }: Answer): string => rest.subarray(4, 4 + rest.readUInt32BE(0)).toString('hex');

/** Makes the primary key. Returns the coordinates of its point. [TPM2 Part 3, 24.1] */
async function primary(driver: HostDriver): Promise<readonly [x: string, y: string]> {
  const { code, rest } = await send(
    driver,
    { code: 0x131, handles: [OWNER], parameters: `0004 0000 0000${sized(PRIMARY)}0000 00000000` },
    AREA,
  );
  expect(`${code} ${rest.subarray(0, 4).toString('hex')}`).toBe(`000 ${PARENT}`);
  const [area = ''] = fields(rest.subarray(8).toString('hex'), 1);
  const [x = '', y = ''] = fields(area.slice(-136), 2);
  expect(area).toBe(storageArea('00030072', x, y));
  return [x, y];
}

const load = (secret: string, area: string): Asked => ({
  code: 0x167,
  parameters: `${secret === '' ? '0000' : sized(secret)}${sized(area)}${secret === '' ? OWNER : NULL}`,
});
const mac = async (driver: HostDriver, handle: string): Promise<string> =>
  parametersOf(
    await send(driver, { code: 0x155, handles: [handle], parameters: `${HMAC.message}000b` }, AREA),
  );

test.describe('what crosses from one TPM to another', () => {
  test.use({ about: 'chip' });
  const credential = 'c0ffee00c0ffee01c0ffee02';

  test(
    'a credential that the TPM makes is opened by the holder of the key',
    { annotation: source('TPM2 Part 1, 24', 'TPM2 Part 3, 12.6') },
    async ({ driver, rig, step }) => {
      await needsCommands(driver, [0x165, 0x167, 0x168], rig);
      const name = nameOf(hmacArea);
      await step('1. let the TPM make one for a key of the host', async () => {
        expect((await send(driver, load('', OTHERS))).code).toBe('000');
        const asked = { code: 0x168, handles: [PARENT], parameters: sized(credential) + sized(name) };
        const { code, rest } = await send(driver, asked);
        expect(code).toBe('000');
        const [blob = '', sent = ''] = fields(rest.toString('hex'), 2);
        expect(unseal(receive('IDENTITY', sent), name, blob)).toBe(sized(credential));
        const long = { ...asked, parameters: sized('ab'.repeat(33)) + sized(name) };
        expect((await send(driver, long)).code).toBe('095');
        expect(await flush(driver, PARENT)).toBe('000');
      });
    },
  );

  test(
    'a credential that the host makes is opened by the TPM, for the object that it is for',
    { annotation: source('TPM2 Part 1, 24', 'TPM2 Part 3, 12.5') },
    async ({ driver, rig, step }) => {
      await needsCommands(driver, [0x131, 0x147, 0x165, 0x167], rig);
      const name = nameOf(hmacArea);
      await step('1. let the TPM open one of the host', async () => {
        const [x, y] = await primary(driver);
        expect((await send(driver, load(hmacSecret, hmacArea))).code).toBe('000');
        const { seed, sent } = share('IDENTITY', x, y);
        const open = (blob: string): Promise<Answer> =>
          send(
            driver,
            { code: 0x147, handles: [OBJECT, PARENT], parameters: sized(blob) + sized(sent) },
            AREA + AREA,
          );
        expect(parametersOf(await open(seal(seed, name, sized(credential))))).toBe(sized(credential));
        // TPM_RC_INTEGRITY: the credential is for another object, or was changed.
        expect((await open(seal(seed, nameOf(OTHERS), sized(credential)))).code).toBe('09f');
        expect(
          (
            await open(
              seal(seed, name, sized(credential)).replace(/.$/, (last) => (last === '0' ? '1' : '0')),
            )
          ).code,
        ).toBe('09f');
        for (const handle of [OBJECT, PARENT]) expect(await flush(driver, handle)).toBe('000');
      });
    },
  );

  for (const isWrapped of [false, true])
    test(
      `a key of the host is imported ${isWrapped ? 'with an inner wrap' : 'without an inner wrap'}, works, and is refused when its wrap is another one`,
      { annotation: source('TPM2 Part 1, 23.3', 'TPM2 Part 3, 13.3') },
      async ({ driver, rig, step }) => {
        await needsCommands(driver, [0x131, 0x155, 0x156, 0x157, 0x165, 0x167], rig);
        const area = movableArea(HMAC.unique);
        const name = nameOf(area);
        const [x, y] = await step('1. make a primary key', () => primary(driver));
        const { seed, sent } = share('DUPLICATE', x, y);
        const plain = sized(hmacSecret);
        const inner = isWrapped ? wrapped(plain, name) : plain;
        const bring = (blob: string, key = INNER_KEY): Promise<Answer> =>
          send(
            driver,
            {
              code: 0x156,
              handles: [PARENT],
              parameters: `${isWrapped ? sized(key) : '0000'}${sized(area)}${sized(blob)}${sized(sent)}${isWrapped ? '000600800043' : '0010'}`,
            },
            AREA,
          );
        await step('2. import the key, load it and use it', async () => {
          const { code, rest } = await bring(seal(seed, name, inner));
          expect(code).toBe('000');
          const [secret = ''] = fields(rest.subarray(4).toString('hex'), 1);
          const loaded = await send(
            driver,
            { code: 0x157, handles: [PARENT], parameters: sized(secret) + sized(area) },
            AREA,
          );
          expect(loaded.code).toBe('000');
          expect(loaded.rest.subarray(0, 4).toString('hex')).toBe(OBJECT);
          expect(await mac(driver, OBJECT)).toBe(sized(HMAC.mac));
          expect(await flush(driver, OBJECT)).toBe('000');
        });
        await step('3. import it in ways that are wrong', async () => {
          expect((await bring(seal(seed, nameOf(OTHERS), inner))).code).toBe('09f');
          expect(
            (await bring(seal(seed, name, inner).replace(/.$/, (last) => (last === '0' ? '1' : '0')))).code,
          ).toBe('09f');
          if (isWrapped) {
            expect((await bring(seal(seed, name, wrapped(plain, nameOf(OTHERS))))).code).toBe('09f');
            expect((await bring(seal(seed, name, inner), INNER_KEY.slice(2))).code).toBe('095');
          }
          expect(await flush(driver, PARENT)).toBe('000');
        });
      },
    );

  test(
    'a key that may move leaves in the plain, in an inner and in an outer wrap, each of which the host can open',
    { annotation: source('TPM2 Part 1, 23.3', 'TPM2 Part 3, 13.1') },
    async ({ driver, rig, step }) => {
      await needsCommands(driver, [0x131, 0x14b, 0x153, 0x155, 0x157, 0x167, 0x16c, 0x173, 0x176], rig);
      await step('1. let a primary key create a key around a known secret', async () => {
        await primary(driver);
        const created = await send(
          driver,
          {
            code: 0x153,
            handles: [PARENT],
            parameters: `${sized(`0000${sized(HMAC.key)}`)}${sized(movableArea(''))}0000 00000000`,
          },
          AREA,
        );
        expect(created.code).toBe('000');
        const [secret = '', area = ''] = fields(parametersOf(created), 2);
        const loaded = await send(
          driver,
          { code: 0x157, handles: [PARENT], parameters: sized(secret) + sized(area) },
          AREA,
        );
        expect(`${loaded.code} ${await mac(driver, OBJECT)}`).toBe(`000 ${sized(HMAC.mac)}`);
        expect(await flush(driver, PARENT)).toBe('000');
        expect((await send(driver, load('', OTHERS))).rest.subarray(0, 4).toString('hex')).toBe(PARENT);
      });
      const { rest } = await send(driver, { code: 0x173, handles: [OBJECT] });
      const [area = ''] = fields(rest.toString('hex'), 1);
      const name = nameOf(area);
      const session = new Session(driver, { type: 'policy' });
      const move = async (parent: string, parameters: string): Promise<string> => {
        expect(await session.begin()).toBe('000');
        const bind = { code: 0x16c, handles: [session.handle], parameters: '0000014b' };
        expect((await send(driver, bind)).code).toBe('000');
        const names = [name, parent === NULL ? NULL : nameOf(OTHERS)];
        const held = await session.use(
          { code: 0x14b, handles: [OBJECT, parent], names, parameters },
          { attributes: 0x01 },
        );
        expect(await flush(driver, session.handle)).toBe('000');
        return held.code === '000' ? held.parameters : held.code;
      };
      /**
       * Type, authorization, seed and key: of the seed only the digest with the key is known. Later libraries fill the empty
       * authorization up with zeros. [TPM2 Part 1, 27.5.3]
       */
      const expectSecret = (sensitive: string): void => {
        const [auth = '', seed = '', key = ''] = fields(sensitive.slice(8), 3);
        expect(sensitive.slice(0, 8)).toBe(`${word(sensitive.length / 2 - 2).slice(4)}0008`);
        expect(['', '00'.repeat(32)]).toContain(auth);
        expect(key).toBe(HMAC.key);
        expect(area).toBe(movableArea(digest(SHA256, seed, key).toString('hex')));
      };
      await step('2. duplicate it in each way', async () => {
        const [, plain = '', nothing = ''] = fields(await move(NULL, '00000010'), 3);
        expectSecret(plain);
        expect(nothing).toBe('');
        const [, inner = ''] = fields(await move(NULL, `${sized(INNER_KEY)}000600800043`), 3);
        expect(inner).toBe(wrapped(plain, name));
        const [, outer = '', sent = ''] = fields(await move(PARENT, '00000010'), 3);
        expect(unseal(receive('DUPLICATE', sent), name, outer)).toBe(plain);
        const [drawn = '', both = '', with_ = ''] = fields(await move(PARENT, '0000000600800043'), 3);
        expect(drawn).toHaveLength(32);
        expect(unseal(receive('DUPLICATE', with_), name, both)).toHaveLength(wrapped(plain, name).length);
        expect(await move(PARENT, `${sized(INNER_KEY.slice(2))}000600800043`)).toBe('095');
      });
      for (const handle of [OBJECT, PARENT]) expect(await flush(driver, handle)).toBe('000');
    },
  );
});
