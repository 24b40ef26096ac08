/** CRC-32C (Castagnoli), reflected, by the table of one byte. */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** The checksum of the bytes written so far. */
export class Crc32c {
  #state = 0xffffffff;

  write(data: Uint8Array): this {
    let state = this.#state;
    for (const byte of data) state = (TABLE[(state ^ byte) & 0xff] as number) ^ (state >>> 8);
    this.#state = state;
    return this;
  }

  sum(): number {
    return (this.#state ^ 0xffffffff) >>> 0;
  }
}
