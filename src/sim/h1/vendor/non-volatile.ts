/** What vendor commands keep in the chip for good. [CHIP 5.2] */
export class NonVolatile {
  serialNumberHash: Uint8Array | undefined;
  factoryConfig = 0n;
}
