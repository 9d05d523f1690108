import { SwtpmEngine } from '../../../src/boards/sim/swtpm/index.ts';

// Run by a test: opens an engine, says its process, and is killed.
const engine = new SwtpmEngine();
process.stdout.write(`${engine.processId}\n`);
setInterval(() => engine.processId, 1000);
