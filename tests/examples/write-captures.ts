import { writeFileSync } from 'node:fs';
import { CAPTURE_NAMES, captureUrl, makeCapture } from './captures.ts';

for (const name of CAPTURE_NAMES) writeFileSync(captureUrl(name), await makeCapture(name));
