import { CaptureError, printable } from './capture-error.ts';

/** Nets a capture may hold, and the bit each has in a decoder's levels. */
export const NETS = { cs: 1, clk: 2, mosi: 4, miso: 8, ready: 16, reset: 32 } as const;
/** A wire of the H1 that a capture can have. */
export type Net = keyof typeof NETS;
const NET_NAMES = Object.keys(NETS) as Net[];

/** Lines of the bus without which nobody can say what a frame is; without the clock there is none. */
export const BUS_LINES = ['cs', 'mosi', 'miso'] as const satisfies readonly Net[];
export type BusLine = (typeof BUS_LINES)[number];

/** Bits of a decoder's levels that are set while nobody knows the level of INT_AP_L, or of TPM_RST_L. */
export const UNSEEN = { ready: 64, reset: 128 } as const;

/** The bits that say of these nets that their level is not known. */
export const unseenBits = (bits: number): number =>
  ((bits & NETS.ready) !== 0 ? UNSEEN.ready : 0) | ((bits & NETS.reset) !== 0 ? UNSEEN.reset : 0);

/** What is taken for the level of a channel while nobody knows it: CS deasserted, INT_AP_L and TPM_RST_L unseen. */
export const unknownLevels = (bits: number): number => (bits & NETS.cs) | unseenBits(bits);

/** What stands for a net that was not recorded. */
export const NONE = 'none';

/** Which channel of the file carries which net, by the channel's name or by its number among the channels. */
export type ChannelMap = { readonly [net in Net]?: string | number };

/**
 * Names people give to channels, without case and signs; a name that says TPM is taken before one that does not. In and
 * out are the chip's, as in the data sheets of flash chips.
 */
const KNOWN: Readonly<Record<Net, RegExp>> = {
  cs: /^(spi|tpm)*(cs|ss|csn|ssn|ncs|nss|csl|csb|ce0?|enable|select|chipselect)$/,
  clk: /^(spi|tpm)*(clk|sck|sclk|clck|clock)$/,
  mosi: /^(spi|tpm)*(mosi|copi|sdo?i|sdio|di|din|si|tx|simo|s?io0)$/,
  miso: /^(spi|tpm)*(miso|cipo|sdo|do|dout|so|rx|somi|s?io1)$/,
  ready: /^(intapl?|apintl?|irq|irqn|int|tpmint|h1int|intn|ready|pirq|spipirq|tpmirq)$/,
  reset: /^(tpmrstl?|pltrstl?|sysrstl?|rst|rstl|rstn|nrst|reset|resetn|pltrst|tpmrstn|tpmreset)$/,
};

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^.*\./, '')
    .replace(/[^a-z0-9]/g, '');

/** Nets that may be named by one word of several, `FLASH_CS` or `CLK 1`: an INT or RST of something else is not the H1's. */
const IN_WORDS: ReadonlySet<Net> = new Set(['cs', 'clk', 'mosi', 'miso']);

/** The channels whose whole name is the net's; without one, those of which a word is. */
function namedLike(names: readonly string[], net: Net): number[] {
  const indexes = [...names.keys()];
  const whole = indexes.filter((index) => KNOWN[net].test(plain(names[index]!)));
  if (whole.length > 0 || !IN_WORDS.has(net)) return whole;
  const words = (name: string): string[] => name.toLowerCase().split(/[^a-z0-9]+/);
  return indexes.filter((index) =>
    words(names[index]!).some((word) => KNOWN[net].test(word.replace(/\d+$/, ''))),
  );
}

const listed = (names: readonly string[]): string => printable(names.join(', ')) || 'no channel';

/** No name of a channel says which one a line of the bus is. */
export class UnnamedChannels extends CaptureError {}

/**
 * The channel of each net, by what the user wants and by the names; nets without one are left out.
 *
 * @throws CaptureError when the user names a channel that the file has not.
 */
export function findChannels(
  format: string,
  names: readonly string[],
  wanted: ChannelMap = {},
): Map<Net, number> {
  const found = NET_NAMES.map((net): [Net, number] => [
    net,
    wanted[net] === NONE ? -1 : findChannel(format, names, net, wanted[net]),
  ]);
  return new Map(found.filter(([, index]) => index >= 0));
}

/**
 * The bits of a decoder's levels for each channel of the file, 0 for those that are of no use. A net that nobody
 * recorded stays low: CS is then asserted throughout.
 *
 * @throws UnnamedChannels when CLK, CS, or both data lines are not found, and says which channels there are.
 */
export function assignChannels(format: string, names: readonly string[], wanted: ChannelMap = {}): number[] {
  const bits = names.map(() => 0);
  const found = findChannels(format, names, wanted);
  for (const [net, index] of found) bits[index]! |= NETS[net];
  const missing = NET_NAMES.filter((net) => !found.has(net) && (wanted[net] !== NONE || net === 'clk'));
  const needed = missing.filter((net) => isNeeded(net, missing, bits, wanted));
  if (needed.length > 0) throw new UnnamedChannels(format, 0, whatIsMissing(needed, names));
  return bits;
}

function whatIsMissing(needed: readonly Net[], names: readonly string[]): string {
  const nets = needed.map((net) => net.toUpperCase()).join(' or ');
  const option = `--channel ${needed.map((net) => `${net}=NAME`).join(' ')}`;
  const others = needed.filter((net) => net !== 'clk');
  const orNone =
    others.length === 0
      ? ''
      : `, or ${others.map((net) => `${net}=${NONE}`).join(' ')} when it was not recorded`;
  return `no channel is ${nets}; the file has ${listed(names)}. Say which ${needed.length === 1 ? 'one it is' : 'ones they are'}: ${option}${orNone}.`;
}

/** Whether nothing can be read without the net. One that may be there under another name has to be named. */
function isNeeded(net: Net, missing: readonly Net[], bits: readonly number[], wanted: ChannelMap): boolean {
  if (net === 'ready' || net === 'reset') return false;
  if (net === 'clk') return true;
  if (net !== 'cs' && missing.includes('mosi') && missing.includes('miso')) return true;
  return Object.keys(wanted).length === 0 && bits.includes(0);
}

/** The channel of a name; a name that is given without its scope is that of the first scope. */
function indexOfName(names: readonly string[], wanted: string): number {
  const whole = names.indexOf(wanted);
  return whole >= 0 ? whole : names.findIndex((name) => name.endsWith(`.${wanted}`));
}

function findChannel(
  format: string,
  names: readonly string[],
  net: Net,
  wanted: string | number | undefined,
): number {
  if (wanted === undefined) {
    const fitting = namedLike(names, net);
    return fitting.find((index) => /tpm/i.test(names[index]!)) ?? fitting[0] ?? -1;
  }
  const named = typeof wanted === 'number' ? -1 : indexOfName(names, wanted);
  if (named >= 0) return named;
  const number = typeof wanted === 'number' ? wanted : /^\d{1,4}$/.test(wanted) ? Number(wanted) : -1;
  if (number in names) return number;
  throw new CaptureError(
    format,
    0,
    `no channel ${printable(String(wanted))}; the file has ${listed(names)}.`,
  );
}
