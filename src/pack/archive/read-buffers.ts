/** Hashing and copying run at twice the rate with reads of this size as with Node's default of 64 KiB. */
export const READ_BYTES = 1024 * 1024;

const MOST_FREE = 96;

interface Loan {
  readonly buffer: Buffer;
  outBytes: number;
}

const free: Buffer[] = [];
const loans = new WeakMap<ArrayBufferLike, Loan>();

/**
 * Memory to read a file into: a buffer of `READ_BYTES` that is used again, or a smaller one, of the collector's, for less. A
 * megabyte from the heap for every megabyte of a package would have the garbage collector run without end. A buffer comes
 * back when every byte that was read into it has been given back; whoever gives nothing back, or only parts, leaves it to
 * the collector, as with any other memory.
 */
export function borrowBuffer(bytes: number): Buffer {
  return bytes < READ_BYTES ? Buffer.allocUnsafe(bytes) : (free.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES));
}

/** Says that so many bytes were read into a buffer, which is in use until they have all been given back. */
export function lend(buffer: Buffer, bytes: number): void {
  if (buffer.length === READ_BYTES) loans.set(buffer.buffer, { buffer, outBytes: bytes });
}

/** Ends the use of bytes that came from a file: they will be written over. Each may be given back once. */
export function giveBack(part: Uint8Array): void {
  const loan = loans.get(part.buffer);
  if (!loan) return;
  loan.outBytes -= part.length;
  if (loan.outBytes > 0) return;
  loans.delete(part.buffer);
  if (free.length < MOST_FREE) free.push(loan.buffer);
}
