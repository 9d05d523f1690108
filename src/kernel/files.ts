import { constants } from 'node:fs';
import type { HostFiles } from '../board/index.ts';
import { KernelRefused } from './kernel-error.ts';

const PAGE = 65536;

/** The text of a small file of sysfs or procfs. @throws KernelRefused */
export async function readText(files: HostFiles, path: string): Promise<string> {
  return withFile(files, path, constants.O_RDONLY, async (descriptor) => {
    let text = '';
    for (;;) {
      const part = await files.read(descriptor, PAGE);
      if (typeof part === 'number') throw new KernelRefused(`read ${path}`, part);
      if (part.length === 0) return text;
      text += Buffer.from(part).toString();
    }
  });
}

/** One write to a file that is there. @throws KernelRefused with the error of the write */
export async function writeText(files: HostFiles, path: string, text: string): Promise<void> {
  await withFile(files, path, constants.O_WRONLY, async (descriptor) => {
    const written = await files.write(descriptor, Buffer.from(text));
    if (written < 0) throw new KernelRefused(`take "${text.trim()}" at ${path}`, written);
  });
}

/** @throws KernelRefused when it cannot be opened */
export async function withFile<T>(
  files: HostFiles,
  path: string,
  flags: number,
  use: (descriptor: number) => Promise<T>,
): Promise<T> {
  const descriptor = await files.open(path, flags);
  if (descriptor < 0) throw new KernelRefused(`open ${path}`, descriptor);
  try {
    return await use(descriptor);
  } finally {
    await files.close(descriptor);
  }
}
