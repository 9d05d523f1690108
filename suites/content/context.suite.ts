import type { HostDriver } from '../../fixtures/index.ts';
import { expect, source, test } from '../../fixtures/index.ts';
import { ECC, eccArea, HMAC, hmacArea, hmacSecret, SIGNS } from './known-keys.ts';
import { needsCommands, PASSWORD } from './script.ts';
import { flush, send, Session, sized, word } from './session-client.ts';

const NULL = '40000007';
const PASSWORD_AREA = PASSWORD.slice(9);

/** GetCapability of handles. Returns them, and whether there are more. [TPM2 Part 3, 30.2] */
async function handlesFrom(driver: HostDriver, first: string, count = 64): Promise<string> {
  const { code, rest } = await send(driver, { code: 0x17a, parameters: `00000001${first}${word(count)}` });
  if (code !== '000') return code;
  const handles = rest.subarray(9).toString('hex').match(/.{8}/g) ?? [];
  return `${rest[0] === 1 ? 'more than ' : ''}${rest.readUInt32BE(5)}: ${handles.join(' ')}`.trim();
}

const load = (driver: HostDriver, secret: string, area: string): ReturnType<typeof send> =>
  send(driver, { code: 0x167, parameters: `${secret === '' ? '0000' : sized(secret)}${sized(area)}${NULL}` });
const save = (driver: HostDriver, handle: string): ReturnType<typeof send> =>
  send(driver, { code: 0x162, handles: [handle] });
const restore = (driver: HostDriver, context: Buffer): ReturnType<typeof send> =>
  send(driver, { code: 0x161, parameters: context.toString('hex') });
const macWith = async (driver: HostDriver, key: string): Promise<string> => {
  const asked = { code: 0x155, handles: [key], parameters: `${HMAC.message}000b` };
  const { code, rest } = await send(driver, asked, PASSWORD_AREA);
  return `${code} ${rest.subarray(6, 38).toString('hex')}`;
};

test.describe('contexts and handles', () => {
  test.use({ about: 'chip' });
  test.beforeEach(async ({ driver, rig }) => {
    await needsCommands(driver, [0x155, 0x161, 0x162, 0x165, 0x167, 0x176, 0x17a], rig);
  });

  test(
    'a key that is saved is listed no longer; it works again where it is loaded, under each free handle',
    { annotation: source('TPM2 Part 1, 30', 'TPM2 Part 3, 28') },
    async ({ driver, step }) => {
      const contexts: Buffer[] = [];
      await step('1. load two keys, and save each', async () => {
        expect(await handlesFrom(driver, '80000000')).toBe('0:');
        expect((await load(driver, hmacSecret, hmacArea)).rest.subarray(0, 4).toString('hex')).toBe(
          '80000000',
        );
        expect((await load(driver, '', eccArea(SIGNS))).rest.subarray(0, 4).toString('hex')).toBe('80000001');
        for (const [first, listed] of [
          ['80000000', '2: 80000000 80000001'],
          ['80000001', '1: 80000001'],
          ['80000002', '0:'],
        ] as const)
          expect(await handlesFrom(driver, first)).toBe(listed);
        expect(await handlesFrom(driver, '80000000', 1)).toBe('more than 1: 80000000');
        for (const handle of ['80000000', '80000001']) {
          const { code, rest } = await save(driver, handle);
          expect(code).toBe('000');
          // The saved handle of an object, and its hierarchy. [TPM2 Part 2, 14.6]
          expect(rest.subarray(8, 16).toString('hex')).toBe(`80000000${NULL}`);
          expect(rest.readUInt16BE(16)).toBe(rest.length - 18);
          contexts.push(rest);
        }
        const [first, second] = contexts.map((context) => context.readBigUInt64BE(0));
        expect(second! > first!).toBe(true);
      });
      await step('2. flush both, and load the second one first', async () => {
        for (const handle of ['80000000', '80000001']) expect(await flush(driver, handle)).toBe('000');
        expect(await handlesFrom(driver, '80000000')).toBe('0:');
        expect(await macWith(driver, '80000000')).toBe('910 ');
        for (const [at, handle] of [
          [1, '80000000'],
          [0, '80000001'],
          [0, '80000002'],
        ] as const)
          expect((await restore(driver, contexts[at]!)).rest.toString('hex')).toBe(handle);
        for (const handle of ['80000001', '80000002'])
          expect(await macWith(driver, handle)).toBe(`000 ${HMAC.mac}`);
        const { rest } = await send(driver, { code: 0x173, handles: ['80000000'] });
        expect(rest.toString('hex')).toContain(ECC.x);
      });
      await step('3. load a context with one bit changed, at each of its parts', async () => {
        expect(await flush(driver, '80000002')).toBe('000');
        const [context] = contexts;
        for (const at of [7, 13, 20, 60, context!.length - 1]) {
          const changed = Buffer.from(context!);
          changed[at]! ^= 2;
          const { code } = await restore(driver, changed);
          // TPM_RC_INTEGRITY, or TPM_RC_VALUE of a hierarchy that there is not.
          expect(['09f', '084', '0df']).toContain(code);
          expect(code).not.toBe('000');
        }
        for (const handle of ['80000000', '80000001']) expect(await flush(driver, handle)).toBe('000');
      });
    },
  );

  test(
    'a session that is saved keeps its handle and its nonce; it is listed as saved, and can be loaded once',
    { annotation: source('TPM2 Part 1, 30.2', 'TPM2 Part 2, 7.2') },
    async ({ driver, step }) => {
      const [session, policy] = [new Session(driver), new Session(driver, { type: 'policy' })];
      await step('1. begin two sessions, and save the first', async () => {
        expect([await session.begin(), await policy.begin()]).toEqual(['000', '000']);
        expect([session.handle, policy.handle]).toEqual(['02000000', '03000001']);
        expect(await handlesFrom(driver, '02000000')).toBe('2: 02000000 03000001');
        expect(await handlesFrom(driver, '02000001')).toBe('1: 03000001');
        expect(await handlesFrom(driver, '03000000')).toBe('0:');
      });
      const read = { code: 0x17e, parameters: '00000001000b03000001' };
      const audits = { attributes: 0x81 };
      await step('2. save and load it, and save and flush it', async () => {
        const { code, rest } = await save(driver, session.handle);
        expect(`${code} ${rest.subarray(8, 16).toString('hex')}`).toBe(`000 02000000${NULL}`);
        expect(await handlesFrom(driver, '02000000')).toBe('1: 03000001');
        expect(await handlesFrom(driver, '03000000')).toMatch(/^1: 0[23]000000$/);
        expect((await session.use(read, audits)).code).toBe('918');
        expect(await save(driver, session.handle)).toMatchObject({ code: '910' });
        expect((await restore(driver, rest)).rest.toString('hex')).toBe(session.handle);
        expect(await restore(driver, rest)).toMatchObject({ code: '08b' });
        expect((await session.use(read, audits)).code).toBe('000');
        const again = await save(driver, session.handle);
        expect(again.code).toBe('000');
        // The old context is another one: the session went on.
        expect((await restore(driver, rest)).code).toBe('08b');
        expect(await flush(driver, session.handle)).toBe('000');
        expect((await restore(driver, again.rest)).code).toBe('08b');
        expect(await flush(driver, policy.handle)).toBe('000');
        for (const first of ['02000000', '03000000']) expect(await handlesFrom(driver, first)).toBe('0:');
      });
    },
  );

  test(
    'handles of every type are listed from where the host asks, and not more than it asks for',
    { annotation: source('TPM2 Part 2, 7.2', 'TPM2 Part 3, 30.2') },
    async ({ driver, step }) => {
      await step('1. list PCRs', async () => {
        const all = Array.from({ length: 24 }, (_, pcr) => word(pcr));
        for (const first of [0, 1, 16, 23, 24])
          for (const count of [1, 5, 64]) {
            const listed = all.slice(first, first + count);
            const more = first + count < 24 ? 'more than ' : '';
            expect(await handlesFrom(driver, word(first), count)).toBe(
              `${more}${listed.length}: ${listed.join(' ')}`.trim(),
            );
          }
      });
      await step('2. list permanent handles', async () => {
        const whole = await handlesFrom(driver, '40000000');
        for (const handle of ['40000001', NULL, '40000009', '4000000a', '4000000b', '4000000c'])
          expect(whole).toContain(handle);
        const [, ...handles] = whole.split(' ');
        expect(handles).toEqual([...handles].sort());
        expect(await handlesFrom(driver, '40000008')).toBe(
          `${handles.filter((one) => one >= '40000008').length}: ${handles.filter((one) => one >= '40000008').join(' ')}`,
        );
      });
      await step('3. ask for a type that there is not', async () => {
        for (const first of ['04000000', '7f000000', 'ff000000'])
          expect(await handlesFrom(driver, first)).toBe('08b');
      });
    },
  );
});
