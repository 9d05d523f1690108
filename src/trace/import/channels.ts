import { CaptureError } from './capture-error.ts';

/** Nets a capture may hold, and the bit each has in a decoder's levels. */
export const NETS = { cs: 1, clk: 2, mosi: 4, miso: 8, ready: 16, reset: 32 } as const;
export type Net = keyof typeof NETS;
const NET_NAMES = Object.keys(NETS) as Net[];

/** Which channel of the file carries which net, by the channel's name or by its number among the channels. */
export type ChannelMap = { readonly [net in Net]?: string | number };

/** Names people give to channels. A name that ends in `#` or `_n`, or begins with `n`, says no more than without. */
const KNOWN: Readonly<Record<Net, RegExp>> = {
  cs: /^(spi)?(cs|ss|csn|ssn|ncs|nss|csl|enable|select)$/,
  clk: /^(spi)?(clk|sck|sclk|clck|clock)$/,
  mosi: /^(spi)?(mosi|copi|sdo?i|dout|tx)$/,
  miso: /^(spi)?(miso|cipo|sdo|din|rx)$/,
  ready: /^(intapl?|apintl?|irq|int|tpmint|h1int|intn|ready)$/,
  reset: /^(tpmrstl?|pltrstl?|sysrstl?|rst|rstl|rstn|nrst|reset|pltrst)$/,
};

const NEEDED: readonly Net[] = ['cs', 'clk', 'mosi', 'miso'];

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^.*\./, '')
    .replace(/[^a-z0-9]/g, '');

/**
 * The bit of a decoder's levels for each channel of the file, 0 for those that are of no use.
 *
 * @throws CaptureError when CS, CLK, MOSI or MISO is not found, and says which channels there are.
 */
export function assignChannels(format: string, names: readonly string[], wanted: ChannelMap = {}): number[] {
  const bits = names.map(() => 0);
  for (const net of NET_NAMES) {
    const index = findChannel(format, names, net, wanted[net]);
    if (index >= 0) bits[index] = NETS[net];
    else if (NEEDED.includes(net))
      throw new CaptureError(
        format,
        0,
        `no channel is ${net.toUpperCase()}; the file has ${names.join(', ') || 'no channel'}. Say which one it is.`,
      );
  }
  return bits;
}

function findChannel(
  format: string,
  names: readonly string[],
  net: Net,
  wanted: string | number | undefined,
): number {
  if (wanted === undefined) return names.findIndex((name) => KNOWN[net].test(plain(name)));
  const index =
    typeof wanted === 'number' ? (wanted in names ? wanted : -1) : names.findIndex((name) => name === wanted);
  if (index < 0)
    throw new CaptureError(
      format,
      0,
      `no channel ${wanted}; the file has ${names.join(', ') || 'no channel'}.`,
    );
  return index;
}
