import { quoted } from '../report/quoted.ts';

/** How this command was called, as the launcher tells: `./h1-hil` in a checkout. Commands that are printed begin with it. */
export const OWN_NAME = quoted(process.env['H1_HIL_COMMAND'] ?? 'h1-hil');
