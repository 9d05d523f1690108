import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAB, runScript } from './scripts.ts';

/** A kernel that `h1-hil lab prepare` fetches: a line of rigs/virtual-lab/kernels. */
interface LabKernel {
  readonly name: string;
  /** The first two numbers of its release, such as `6.12`. */
  readonly series: string;
  /** Debian's name of its configuration: `amd64`, or `rt-amd64` for PREEMPT_RT. */
  readonly flavour: string;
  /** Debian's suites that have it, the preferred one first. */
  readonly suites: readonly string[];
}

/** Every kernel of the list. */
export const labKernels = (): readonly LabKernel[] =>
  readFileSync(join(LAB, 'kernels'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [name = '', series = '', flavour = '', suites = ''] = line.split('\t');
      return { name, series, flavour, suites: suites.split(' ') };
    });

const MODULES = '/lib/modules';

/**
 * The series of a kernel of the list, such as `6.12`; without a name that of the newest installed headers. Undefined when
 * there is neither. What the guest then says of itself in /proc/version has the last word.
 */
export function seriesOf(kernel: string | undefined): string | undefined {
  if (kernel !== undefined) return labKernels().find(({ name }) => name === kernel)?.series;
  const numbers = (release: string): number[] => release.split(/[.-]/).map(Number);
  const [newest] = releasesWithHeaders().sort((a, b) => {
    const [left, right] = [numbers(a), numbers(b)];
    const at = left.findIndex((number, index) => number !== right[index]);
    return at < 0 ? 0 : (right[at] ?? 0) - left[at]!;
  });
  return newest?.split('.').slice(0, 2).join('.');
}

function releasesWithHeaders(): string[] {
  try {
    return readdirSync(MODULES).filter((release) => readdirSync(join(MODULES, release)).includes('build'));
  } catch {
    return [];
  }
}

/** The folder of what the guest boots, made when it is not there. @throws LabUnprepared */
export const prepareGuest = (kernel?: string, tell?: (said: string) => void): Promise<string> =>
  runScript('prepare.sh', kernel === undefined ? [] : ['', kernel], tell === undefined ? {} : { tell });

/** Where the packages of a kernel come from, beside what apt knows. */
export interface PackageSource {
  /** A folder with the packages, or the address of a Debian archive. */
  readonly from?: string;
  /** A newer release is looked for, though there is one. */
  readonly renew?: boolean;
}

/** Fetches the packages of a kernel of the list, unless they are there. Returns its release. @throws LabUnprepared */
export const fetchKernel = (
  kernel: string,
  { from, renew = false }: PackageSource,
  tell: (said: string) => void,
): Promise<string> =>
  runScript('fetch.sh', [kernel, '', ...(from === undefined ? [] : [from])], {
    tell,
    env: renew ? { RENEW: '1' } : {},
  });
