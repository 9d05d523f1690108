import { writeFileSync } from 'node:fs';
import { renderPage } from './page.ts';

writeFileSync(new URL('../../docs/known-bugs.md', import.meta.url), renderPage());
