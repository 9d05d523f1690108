/** Whom a clause binds. */
export type Bound = 'chip' | 'driver';

/** `assumed`: nobody promised it, and the suites rely on it. */
export type Kind = 'must' | 'should' | 'assumed';

/** A clause of docs/sources that binds the chip or a driver. */
export interface Clause {
  /** As it is cited: `CHIP 1.3`. */
  readonly id: string;
  readonly binds: Bound;
  readonly kind: Kind;
  /** What it asks for, in one sentence whose subject is whom it binds. */
  readonly text: string;
  /** The first 12 digits of the SHA-256 of its page's text: with a new one the sentence has to be read again. */
  readonly digest: string;
}

type Row = readonly [id: string, binds: Bound, kind: Kind, digest: string, text: string];

// prettier-ignore
const ROWS: readonly Row[] = [
  ['CHIP 1.2', 'chip', 'must', '29574c548d0a', 'Reads the header as four bytes: direction, length less one, and address; bit 6 of the first byte is ignored.'],
  ['CHIP 1.3', 'chip', 'must', 'ebf4f10795b5', 'Drives 00 in header and wait bytes and exactly 01 as ready byte; FF instead of 00 in the first frame with data after a reset.'],
  ['CHIP 1.4', 'chip', 'must', '52ba1129fa32', 'Handles a header within 150 ms, with wait bytes until then.'],
  ['CHIP 1.5', 'chip', 'must', '5fb7150595f7', 'Takes 1 to 64 bytes a frame, acts on a write when CS rises, and answers malformed frames as stated.'],
  ['CHIP 1.6', 'chip', 'should', '96f17cfcb795', "Answers unknown registers, and bytes beyond a register's width, with left-over bytes."],
  ['CHIP 2', 'chip', 'must', 'ffa07dc179d3', 'Stays awake for 1 s after a frame, longer after a wake or a boot, and wakes at a fall of CS with its state intact.'],
  ['CHIP 3', 'chip', 'must', '868836a05b73', 'Gives one ready pulse of the stated width after each frame with data, and none after an empty one.'],
  ['CHIP 4.1', 'chip', 'must', 'd120db50e69c', 'Has the listed registers with the listed values; writes to others do nothing.'],
  ['CHIP 4.2', 'chip', 'must', '5198c83500cb', 'Grants and releases locality 0 by exactly one bit; a release forces idle.'],
  ['CHIP 4.3', 'chip', 'must', '59f624b39244', 'Keeps the stated states of STS, with burst counts up to 63.'],
  ['CHIP 4.4', 'chip', 'should', '0f2bcb655723', 'Answers registers while a command is executed.'],
  ['CHIP 4.5', 'chip', 'must', '9a605216b9e6', 'Tells its firmware version as a stream that any write rewinds.'],
  ['CHIP 4.6', 'chip', 'must', '42a8aa1a047c', 'Takes one write of BOARD_CFG, and none after a PCR was extended, from 0.5.5 on.'],
  ['CHIP 5.1', 'chip', 'must', '96ccc57e3646', 'Takes commands up to 2048 bytes and routes vendor commands by their code.'],
  ['CHIP 5.2', 'chip', 'must', 'c55227e98b97', 'Answers each vendor sub-command as listed, and unknown ones with 0x57f.'],
  ['CHIP 5.3', 'chip', 'must', 'fc3295f1507e', 'Takes a firmware update by blocks with digest, rate limit and status.'],
  ['CHIP 5.4', 'chip', 'should', '82def5481297', 'Holds NV commits back for 3 s after a TPM reset.'],
  ['CHIP 5.5', 'chip', 'must', '61be1a5432c5', 'Has the command set, PCR banks, response codes and capabilities of its version.'],
  ['CHIP 5.6', 'chip', 'should', 'c92d8e9d1135', 'Has the NV indexes from the factory.'],
  ['CHIP 6', 'chip', 'must', '12c62e371815', 'Resets the TPM at the rising edge of TPM_RST_L, ignores repeated pulses where its version does so, and is usable afterwards.'],
  ['CHIP 7', 'chip', 'should', '7c0cf51b08e3', 'Behaves as the history of its version says.'],
  ['CHIP 8', 'chip', 'assumed', '7f1f0c1f9312', 'Answers commands in about the times that were seen on a real board.'],
  ['CHIP 10.2', 'chip', 'should', 'e2af6adc9570', 'Gives the frames that were captured of a real board.'],
  ['CHIP 10.3', 'chip', 'should', '964c40da9dfa', 'Answers vendor commands and updates byte for byte as listed.'],
  ['CHIP 10.4', 'chip', 'should', '34c64149a280', 'Answers the listed scenarios frame by frame.'],
  ['CHIP 1.1', 'driver', 'must', 'b9fbfe5b3cdb', 'Drives the bus in SPI mode 0, at 2 MHz at the most.'],
  ['DRIVER 1.1', 'driver', 'must', 'e83b824d2933', 'Keeps the stated times: wake pulse, settling, gap without interrupt, limits of waits.'],
  ['DRIVER 1.2', 'driver', 'should', '3c03a4d3f2fb', 'Keeps the stated state from access to access.'],
  ['DRIVER 1.3', 'driver', 'must', 'dd63d4d90ad0', 'Counts an edge of the ready line and remembers that one was seen.'],
  ['DRIVER 1.4', 'driver', 'must', '6d34925d7e84', 'Waits for the ready pulse, or the access delay, before each access.'],
  ['DRIVER 1.5', 'driver', 'must', '8e2791e24793', 'Wakes the chip before an access after it may have fallen asleep.'],
  ['DRIVER 1.6', 'driver', 'must', 'e769ec938f83', 'Polls for the ready bit for 750 ms at the most.'],
  ['DRIVER 1.7', 'driver', 'must', '420555bb274b', 'Does an access in one frame in the stated order, and releases CS.'],
  ['DRIVER 1.8', 'driver', 'must', 'e521a5014868', 'Reads and writes registers of each width in little endian.'],
  ['DRIVER 1.9', 'driver', 'must', '960817f662c7', 'Reads the firmware version as the text that the chip tells.'],
  ['DRIVER 1.10', 'driver', 'must', '27c377a1e924', 'Probes in the stated order, and ends with the firmware version.'],
  ['DRIVER 1.11', 'driver', 'should', '0c2f226c1638', 'Disables the interrupts of the chip when it is removed.'],
  ['DRIVER 1.12', 'driver', 'must', '6b7b25bf07b0', 'Blocks commands while it is suspended, and wakes the chip after it resumes.'],
  ['DRIVER 1.13', 'driver', 'should', '4b38b68056e8', 'Registers as random number generator with the stated quality.'],
  ['DRIVER 1.14', 'driver', 'must', 'b040b722d7e4', 'Logs the stated phrases.'],
  ['DRIVER 1.15', 'driver', 'should', 'ee803fac133e', 'Does as stated in the edge cases of the phy.'],
  ['DRIVER 2.1', 'driver', 'must', '3f1728b73d4e', 'Uses the registers of locality 0 with the stated widths.'],
  ['DRIVER 2.2', 'driver', 'must', '4cbd341e0018', 'Keeps the time-outs of the TIS core.'],
  ['DRIVER 2.3', 'driver', 'must', '3244dde0e43b', 'Takes locality 0 before a command and gives it back.'],
  ['DRIVER 2.4', 'driver', 'must', '44e57d431f77', 'Reads the status until its bits are valid, and takes the burst count from it.'],
  ['DRIVER 2.5', 'driver', 'must', '54dd4462305c', 'Sends a command in bursts, checks Expect, and starts it.'],
  ['DRIVER 2.6', 'driver', 'must', 'a4449c1271d9', 'Reads a response by its size field and ends in idle.'],
  ['DRIVER 2.7', 'driver', 'must', '9be85b72dcbd', 'Sets the TIS core up in the stated order.'],
  ['DRIVER 2.8', 'driver', 'should', 'ed6cef04b0d0', 'Tells a cancelled command by its status.'],
  ['DRIVER 2.9', 'driver', 'should', 'a9e671214ec1', 'Ends with the stated error numbers.'],
  ['DRIVER 2.10', 'driver', 'should', '9e36b2c97c33', 'Needs the stated number of accesses for a short command.'],
  ['DRIVER 3.1', 'driver', 'must', '02029ec8f39a', 'Takes the chip for one command at a time.'],
  ['DRIVER 3.2', 'driver', 'must', '70ed19667374', 'Checks size and tag of commands and responses.'],
  ['DRIVER 3.3', 'driver', 'must', '09cd49e70e5c', 'Sends a command again where the chip asks for it, within the stated limits.'],
  ['DRIVER 3.4', 'driver', 'must', '5b5f0fb8ea89', 'Finds out that the chip is a TPM 2.0.'],
  ['DRIVER 3.5', 'driver', 'must', '4f22b6ee84ae', 'Starts the TPM and runs its self-test when it registers.'],
  ['DRIVER 3.6', 'driver', 'must', '29c3ee371845', 'Waits for each command for its stated duration.'],
  ['DRIVER 3.7', 'driver', 'should', '2335c89fe37c', 'Gives the kernel random bytes and PCRs.'],
  ['DRIVER 3.8', 'driver', 'must', '9d27ff9c4dbb', 'Offers the two device files with the stated results.'],
  ['HOSTS coreboot', 'driver', 'should', '1d5f888720e5', 'Drives the chip as coreboot does.'],
  ['HOSTS depthcharge', 'driver', 'should', '18d777cc61df', 'Drives the chip as depthcharge does.'],
  ['HOSTS u-boot', 'driver', 'should', '6d1d9b8c022f', 'Drives the chip as U-Boot does.'],
  ['HOSTS windows', 'driver', 'should', '87b22b1ec90c', 'Drives the chip as the Windows driver does.'],
  ['HOSTS ftdi-bench', 'driver', 'should', '95ac68ef81a9', "Drives the chip as Google's bench tool does."],
  ['HOSTS opentitan', 'driver', 'should', '1fae3a403687', 'Drives the chip as opentitanlib does.'],
  ['VIRTUAL-LAB', 'driver', 'should', '2bd2b6a05ecb', "Drives the chip as the stock driver of Debian's kernel 6.1 does."],
];

/** Every clause that binds somebody, in the order of the pages. */
export const CLAUSES: readonly Clause[] = ROWS.map(([id, binds, kind, digest, text]) => ({
  ...{ id, binds, kind, text, digest },
}));

/** Clauses that bind nobody, and why. */
export const UNBINDING: ReadonlyMap<string, string> = new Map([
  ['CHIP 0', 'sources and versions'],
  ['CHIP 1', 'a heading over its clauses'],
  ['CHIP 4', 'a heading over its clauses'],
  ['CHIP 5', 'a heading over its clauses'],
  ['CHIP 9', 'a list for the simulated chip, of what the other clauses say'],
  ['CHIP 10', 'a heading over its clauses'],
  ['DRIVER 0', 'words and the time model'],
  ['DRIVER 1', 'a heading over its clauses'],
  ['DRIVER 1.16', 'the chip in short, as the clauses of CHIP have it'],
  ['DRIVER 2', 'a heading over its clauses'],
  ['DRIVER 3', 'a heading over its clauses'],
  ['DRIVER 3.9', 'what a lab host shows'],
  ['DRIVER 4', 'a heading over its clauses'],
  ['DRIVER 4.1', 'a picture of other clauses'],
  ['DRIVER 4.2', 'a picture of other clauses'],
  ['DRIVER 4.3', 'a picture of other clauses'],
  ['DRIVER 4.4', 'a picture of other clauses'],
  ['DRIVER 4.5', 'a picture of other clauses'],
  ['DRIVER 4.6', 'a picture of other clauses'],
  ['DRIVER 5', "what this project's own stack has to have"],
  ['HOSTS', 'a heading over its clauses'],
]);
