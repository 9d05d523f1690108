export * from './block.ts';
export * from './errors.ts';
export * from './image.ts';
export * from './update-firmware.ts';
