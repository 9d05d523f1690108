/** Most characters of one text from outside that are shown in a sentence. */
const MAX_SHOWN = 200;

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A text from outside as it may go to a terminal: each control character, and each that turns the direction of writing,
 * becomes `\u` and its number; what is longer than 200 characters is cut.
 */
export function printable(text: string): string {
  const short = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
  return escapeControls(short);
}

/** The same of any length; line feed and tab stay. */
export const printableLines = (text: string): string =>
  text.replace(CONTROL, (sign) => (sign === '\n' || sign === '\t' ? sign : numberOf(sign)));

const escapeControls = (text: string): string => text.replace(CONTROL, numberOf);

const numberOf = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
