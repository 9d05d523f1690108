import { userInfo } from 'node:os';

/** Who runs this; in a container the user may have a number and no name. */
export function userName(lookUp: () => { readonly username: string } = userInfo): string {
  try {
    return lookUp().username;
  } catch {
    return `user ${process.getuid?.() ?? '?'}`;
  }
}
