/** Who has a known bug: the names of host drivers, or `every` where the fault lies outside of the driver. */
export type Drivers = readonly string[] | 'every';

/** `cr50_spi` as it was first posted to the kernel list in June 2019. */
export const FIRST_POSTED = ['cr50-spi-v1'] as const;

/** `tpm_tis_spi` as it was merged, in the state of Linux 6.1. */
export const MERGED = ['linux-6.1'] as const;

/** Both drivers of the Linux kernel. */
export const BOTH_KERNELS = [...FIRST_POSTED, ...MERGED] as const;

/** Both drivers of the kernel, and the one that mends what can be mended. */
export const ALL_THREE = [...BOTH_KERNELS, 'recommended'] as const;

export const EVERY = 'every';

/** For a bug of other drivers and releases, which the ones under test must not show. */
export const NOBODY = [] as const;
