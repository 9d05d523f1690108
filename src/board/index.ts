export * from './board.ts';
export * from './clock.ts';
export * from './faults.ts';
export * from './kernel.ts';
export * from './lines.ts';
export * from './power.ts';
export * from './spi.ts';
export * from './with-parts.ts';
