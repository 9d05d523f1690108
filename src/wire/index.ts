export * from './header.ts';
export * from './registers.ts';
