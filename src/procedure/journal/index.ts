export { expectationIn, isOfExpectation, placeOf, signatureText } from './expectation.ts';
export { recordedBoard } from './recorded-board.ts';
export { recordedDriver, recordedMaking, recordedPlatform } from './recorded-driver.ts';
export { Scribe } from './scribe.ts';
export { SeenActs } from './seen.ts';
