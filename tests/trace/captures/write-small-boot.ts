import { writeFileSync } from 'node:fs';
import { makeSmallBoot, SMALL_BOOT } from './small-boot.ts';

writeFileSync(SMALL_BOOT, makeSmallBoot());
