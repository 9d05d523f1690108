import { z } from 'zod';
import { ms } from '../units/index.ts';

/** The longest time of a device that its rig file may set. */
const MAX_SECONDS = 3600;

/** The kernel's driver of a board whose kernel drives the chip. */
export const kernelDriver = z
  .string()
  .regex(/^[\w-]+$/, 'the name of a driver, such as tpm_tis_spi')
  .optional()
  .describe("name of the kernel's driver for the chip, tpm_tis_spi without it; of use with stack: kernel");

const limitMs = z
  .number()
  .positive()
  .max(600_000)
  .optional()
  .describe('how long one act of it may take; 30 s unless told');
const command = z.array(z.string().min(1)).min(1);

/** Who switches the supply of a device: a program for each turn, a port of a USB hub, or a socket of pdudaemon. */
const power = z.union([
  z.strictObject({ on: command, off: command, limitMs }),
  z.strictObject({
    uhubctl: z.strictObject({
      location: z.string().min(1).optional().describe('hub, as uhubctl names it, such as 1-1.4'),
      port: z.number().int().min(1).max(99),
    }),
    limitMs,
  }),
  z.strictObject({
    pdudaemon: z.strictObject({
      url: z.string().regex(/^http:\/\/\S+$/, 'where pdudaemon listens, such as http://localhost:16421'),
      hostname: z.string().min(1).describe('the PDU, as the configuration of pdudaemon names it'),
      port: z.union([z.string().min(1), z.number().int()]).transform(String),
    }),
    limitMs,
  }),
]);

/** Instruments beside a device. */
const instruments = z.strictObject({
  servod: z
    .strictObject({
      host: z
        .string()
        .regex(/^[\w.:-]+$/, 'a host name or an address')
        .optional(),
      port: z.number().int().min(1).max(65_535).optional().describe('9999 unless told'),
      limitMs,
    })
    .optional()
    .describe('the daemon of a servo board: cold_reset, warm_reset, power_state, lid_open'),
  power: power.optional().describe('who switches the supply; power_state of servod unless told'),
  ping: z
    .string()
    .regex(/^[^\s-]\S*$/, 'a host name or an address')
    .optional()
    .describe('where the device answers pings, to tell what is seen of one that is gone'),
});

/** A device with a kernel of its own, reached over ssh: docs/chromebook.md. */
export const remoteBoard = z.strictObject({
  kind: z.literal('remote'),
  ssh: z.strictObject({
    host: z
      .string()
      .regex(/^[^\s-]\S*$/, 'what ssh is given, such as root@chromebook.local or a name of ~/.ssh/config'),
    config: z.string().min(1).optional().describe('a file in the place of ~/.ssh/config'),
    options: z
      .array(z.string().regex(/^[A-Za-z]+[= ]\S/, 'an option of ssh_config, such as ProxyJump=lab'))
      .optional()
      .describe('more options of ssh, as behind -o'),
    sudo: z.boolean().optional().describe('the agent runs by sudo -n, for a user who is not root'),
  }),
  agent: z
    .string()
    .min(1)
    .optional()
    .describe('file of the agent, built elsewhere by make -C rigs/remote/agent; built here unless told'),
  driver: kernelDriver,
  device: z
    .string()
    .regex(/^[\w:.-]+$/, 'the name of an SPI device, such as spi0.0 or spi-GOOG0005:00')
    .optional()
    .describe('SPI device of the chip; the one that the driver has, unless told'),
  wakeAfterMs: z
    .number()
    .min(2000, 'an alarm rings in whole seconds, 2 s at least')
    .max(MAX_SECONDS * 1e3)
    .optional()
    .transform((count) => (count === undefined ? undefined : ms(count)))
    .describe('how long it sleeps in a suspend, by the alarm of its clock; 10 s unless told'),
  backWithinMs: z
    .number()
    .min(1000)
    .max(MAX_SECONDS * 1e3)
    .optional()
    .transform((count) => (count === undefined ? undefined : ms(count)))
    .describe('how long it may be out of reach; 90 s unless told'),
  instruments: instruments.optional(),
});
