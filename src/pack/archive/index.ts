// Bytes of archives: reading files in large pieces, gzip and zstd, tar both ways, each in flat memory and suspicious of its
// input. Knows nothing of images.
export { ByteReader, bytesSource, FileSource, once, type ByteSource } from './byte-reader.ts';
export { compressionOf, decompress, type Compression } from './compression.ts';
export { giveBack, READ_BYTES } from './read-buffers.ts';
export { quoted, readTar, type TarEntry } from './tar-reader.ts';
export { addTarFile, TAR_END, tarHeader, tarOf, tarPadding, type TarFile } from './tar-writer.ts';
