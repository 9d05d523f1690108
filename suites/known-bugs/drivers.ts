import type { BugHolders, Datasheet } from '../../fixtures/index.ts';

/** `cr50_spi` as it was first posted to the kernel list in June 2019. */
export const FIRST_POSTED: BugHolders = ({ code }) => code === 'cr50_spi';

/** `tpm_tis_spi` as it was merged. */
export const MERGED: BugHolders = ({ code }) => code === 'tpm_tis_spi';

/** Both drivers of the Linux kernel. */
export const BOTH_KERNELS: BugHolders = ({ code }) => code === 'cr50_spi' || code === 'tpm_tis_spi';

/** The drivers of the Linux kernel whose way with a command is this. */
export const isKernelThat =
  (does: (commands: NonNullable<Datasheet['commands']>) => boolean): BugHolders =>
  ({ code, commands }) =>
    (code === 'cr50_spi' || code === 'tpm_tis_spi') && commands !== undefined && does(commands);

/** For a bug that lies outside of the driver, so that any driver shows it. */
export const EVERY: BugHolders = 'every';

/** For a bug of other drivers and releases, which the ones under test must not show. */
export const NOBODY: BugHolders = () => false;
