import { expect, hex, source, test } from '../../fixtures/index.ts';
import { bytes, word } from './session-client.ts';

/** Refusals of vendor commands: TPM_RC of VENDOR_RC_ERR and a number. [CHIP 5.1] */
const BOGUS = '00000501';
const NOT_ALLOWED = '00000507';
const NO_SUB = '00000508';
const NO_COMMAND = '0000057f';

/** A sub-command with a payload, and the code and the payload that answer it. Later releases of the firmware have more of them. */
interface Ask {
  readonly name: string;
  readonly number: number;
  readonly payload?: string;
  readonly answer: string | RegExp;
}
const OK = '00000000';
const ok = (payload = ''): string => `${OK} ${payload}`;
/** What the command tells of the chip's own state. */
const shaped = (size: number): RegExp => new RegExp(`^${OK} [0-9a-f]{${2 * size}}$`);
const ask = (name: string, number: number, payload: string, answer: Ask['answer']): Ask => ({
  ...{ name, number, payload, answer },
});
const refused = (name: string, number: number, payloads: readonly string[], code = BOGUS): Ask[] =>
  payloads.map((payload) => ask(`${name} with ${payload.length / 2} bytes`, number, payload, `${code} `));

/** None of these changes anything that outlasts a reset of the chip. [CHIP 5.2] */
const ASKED: readonly Ask[] = [
  ...[0, 1, 2, 3, 5, 6, 17, 22, 62, 63, 64, 65, 66, 67, 71, 72, 74, 0x100, 0xffff].map((number) =>
    ask(`a number that no release has, ${number}`, number, '', `${NO_COMMAND} `),
  ),
  ask('GET_LOCK', 16, '', /^00000000 0[01]$/),
  ...refused('GET_LOCK', 16, ['00', '0000']),
  ask('SYSINFO', 18, '', shaped(16)),
  ask('SYSINFO with a payload, which is ignored', 18, 'ff', shaped(16)),
  ...refused('IMMEDIATE_RESET', 19, ['00', '000000', '03e9', 'ffff', '00000000']),
  ask('INVALIDATE_INACTIVE_RW', 20, '', ok()),
  ask('COMMIT_NVMEM', 21, '', ok()),
  ask('REPORT_TPM_STATE', 23, '', ok(`00000001${'00'.repeat(16)}00000020`)),
  ...refused('TURN_UPDATE_ON', 24, ['', '00', '03e9']),
  ask('TURN_UPDATE_ON where nothing was turned off', 24, '0000', ok('00')),
  ask('GET_BOARD_ID', 25, '', shaped(12)),
  ...['', '00', '00'.repeat(7), '00'.repeat(9)].map((payload) =>
    ask(`SET_BOARD_ID with ${payload.length / 2} bytes`, 26, payload, `${BOGUS} 01`),
  ),
  ...refused('POP_LOG_ENTRY', 28, ['', '00', '0000000000']),
  ask('POP_LOG_ENTRY', 28, '00000000', /^00000000 /),
  ask('GET_REC_BTN', 29, '', /^00000000 0[01]$/),
  ask('GET_ALERTS_DATA', 35, '', /^00000000 0001002c[0-9a-f]{176}$/),
  ask('WP', 39, '', shaped(1)),
  ...refused('WP', 39, ['00', '01', '03', 'ff', '0202']),
  ask('WP, turned on', 39, '02', shaped(1)),
  ...refused('TPM_MODE', 40, ['0000', '000000'], NOT_ALLOWED),
  ...['', '00', '00'.repeat(11), '00'.repeat(13)].map((payload) =>
    ask(`SN_SET_HASH with ${payload.length / 2} bytes`, 41, payload, `${BOGUS} 01`),
  ),
  ask('GET_PWR_BTN', 43, '', /^00000000 0[01]$/),
  ask('FLOG_TIMESTAMP', 47, '', shaped(4)),
  ...refused('FLOG_TIMESTAMP', 47, ['00', '000000', '0000000000']),
  ask('GET_BOOT_MODE', 52, '', /^00000000 0[012]$/),
  ask('GET_AP_RO_STATUS', 57, '', shaped(1)),
  ...refused('GET_AP_RO_STATUS', 57, ['00']),
  ...refused('DS_DIS_TEMP', 59, ['00']),
  ask('USER_PRES, asked', 60, '', shaped(9)),
  ...refused('USER_PRES', 60, ['00', '03', '0101']),
  ask('USER_PRES, on', 60, '01', ok()),
  ask('USER_PRES, asked when on', 60, '', `${OK} 01${'00'.repeat(8)}`),
  ask('USER_PRES, off', 60, '02', ok()),
  ask('USER_PRES, asked when off', 60, '', `${OK} 02${'00'.repeat(8)}`),
  ask('GET_FACTORY_CONFIG', 68, '', shaped(8)),
  ...refused('SET_FACTORY_CONFIG', 69, ['', '00'.repeat(7), '00'.repeat(9)]),
  ask('GET_TIME', 70, '', shaped(8)),
  ask('GET_CR50_METRICS', 73, '', shaped(24)),
  ...refused('GET_CR50_METRICS', 73, ['00']),
  ask('GET_CHIP_ID', 75, '', ok('00281ae000000000')),
  ...refused('GET_CHIP_ID', 75, ['00', '0000']),
];

/** TPM_MODE is decided once after each TPM reset: 0 until then. [CHIP 5.2] */
const MODE: readonly Ask[] = [
  ask('TPM_MODE', 40, '', ok('00')),
  ask('TPM_MODE with a value that there is not', 40, '07', `${NO_SUB} `),
  ask('TPM_MODE with the value of before', 40, '00', `${NO_SUB} `),
  ask('TPM_MODE, enable', 40, '01', ok('01')),
  ask('TPM_MODE', 40, '', ok('01')),
  ask('TPM_MODE, enable again', 40, '01', `${NOT_ALLOWED} `),
  ask('TPM_MODE, disable', 40, '02', `${NOT_ALLOWED} `),
  ask('TPM_MODE', 40, '', ok('01')),
];

const CODES = { 'the code of today': 0x20000000, 'the code of before': 0xbaccd00a } as const;

test.describe('vendor commands', () => {
  test.use({ about: 'chip' });

  for (const [which, code] of Object.entries(CODES))
    test(
      `with ${which}: each sub-command answers as it has to, with payloads of right and wrong sizes`,
      { annotation: source('CHIP 5.1', 'CHIP 5.2') },
      async ({ driver, step }) => {
        for (const { name, number, payload = '', answer } of [...ASKED, ...MODE])
          await step(name, async () => {
            const sub = word(number).slice(4);
            const command = `8001${word(12 + payload.length / 2)}${word(code)}${sub}${payload}`;
            const seen = hex(await driver.transmit(Uint8Array.from(bytes(command)))).replaceAll(' ', '');
            expect(seen.slice(0, 4)).toBe('8001');
            expect(seen.slice(4, 12)).toBe(word(seen.length / 2));
            expect(seen.slice(20, 24)).toBe(sub);
            const said = `${seen.slice(12, 20)} ${seen.slice(24)}`;
            if (said !== `${NO_COMMAND} `)
              expect(said).toEqual(typeof answer === 'string' ? answer : expect.stringMatching(answer));
          });
      },
    );
});
