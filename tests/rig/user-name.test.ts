import { expect, test } from '@playwright/test';
import { userName } from '../../src/rig/index.ts';

test('a user is told by name', () => {
  expect(userName(() => ({ username: 'lab' }))).toBe('lab');
});

test('a user whom no file of this machine names is told by number', () => {
  const unnamed = (): never => {
    throw new Error('uv_os_get_passwd returned ENOENT');
  };
  expect(userName(unnamed)).toBe(`user ${process.getuid?.()}`);
});
