import { expect, test } from '@playwright/test';
import { printable, printableLines } from '../../src/units/index.ts';

test('no character that a terminal obeys is left, whatever the text', () => {
  for (let code = 0; code < 0x3000; code++) {
    const shown = printable(String.fromCharCode(code));
    const isObeyed =
      code < 32 ||
      (code >= 127 && code < 160) ||
      (code >= 0x2028 && code <= 0x202e) ||
      (code >= 0x2066 && code <= 0x2069);
    expect(shown, code.toString(16)).toBe(
      isObeyed ? `\\u${code.toString(16).padStart(4, '0')}` : String.fromCharCode(code),
    );
  }
});

test('a long text is cut, lines stay lines', () => {
  expect(printable('x'.repeat(1000))).toHaveLength(203);
  expect(printableLines('a\tb\n\u001b[2Jc\r')).toBe('a\tb\n\\u001b[2Jc\\u000d');
});
