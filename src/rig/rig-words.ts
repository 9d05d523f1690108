import type { OwnWords } from '../written/index.ts';
import { bareNameOf, exampleOf, unitsOf } from './written-units.ts';

const LINE = '{ name: GPIO24 }, { chip: pinctrl-bcm2711, offset: 24 } or { gpio: 536 }';

/** What a rig file says in its own words: units, lines, versions, the bus. */
export const rigWords: OwnWords = ({ code, path }, { value, fields }, key) => {
  const field = String(path.at(-1));
  if (key !== undefined) {
    const meant = fields.find((name) => bareNameOf(name) === key);
    return meant === undefined ? undefined : withUnit(key, meant);
  }
  if (code === 'invalid_type' && value === undefined) {
    const bare = bareNameOf(field);
    return bare === undefined ? undefined : `it is missing; ${withUnit(bare, field)}`;
  }
  if (code === 'invalid_union' && path.at(-2) === 'lines')
    return `a line is written as ${LINE}, and ${JSON.stringify(value)} is none`;
  if (code === 'invalid_type' && field === 'firmware' && typeof value === 'number')
    return `a version is three numbers with dots, such as 0.5.4, and ${value} is two`;
  if (code === 'invalid_type' && field === 'spi' && (value === undefined || typeof value === 'string'))
    return `it has a device and a clock: { device: ${value ?? '/dev/spidev0.0'}, sckHz: 1000000 }`;
  return undefined;
};

/** A field whose name leaves its unit out needs a value with one. */
const withUnit = (bare: string, field: string): string =>
  `write a number with a unit (${unitsOf(field).join(', ')}), such as ${bare}: ${exampleOf(field)}`;
