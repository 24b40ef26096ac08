import type { Bucket, Entry } from './buckets.ts';

/**
 * The file format of bbolt (version 2), little endian: pages of one size, of which a larger one takes several; two meta pages, a
 * list of free pages, and B+ trees. The bucket at the root holds the other buckets as values: the page of their tree.
 */
const PAGE_BYTES = 4096;
const MAGIC = 0xed0cdaed;
const VERSION = 2;
const PAGE_HEADER_BYTES = 16;
const BUCKET_HEADER_BYTES = 16;
const ELEMENT_BYTES = 16;
const META_BYTES = 64;
const META_CHECKSUM_AT = 56;
const ROOT_BUCKET_AT = 16;

const BRANCH = 0x01;
const LEAF = 0x02;
const META = 0x04;
const FREE_LIST = 0x10;
/** Marks an element whose value is a bucket. */
const BUCKET_ELEMENT = 1;

const FREE_LIST_PAGE = 2;
const FIRST_TREE_PAGE = 3;

/** A page of a tree that is laid out: its number, how many it takes, its first key, and how its bytes are made. */
interface Node {
  readonly page: number;
  readonly pages: number;
  readonly firstKey: Buffer;
  readonly bytes: () => Buffer;
}

interface Layout {
  readonly nodes: Node[];
  nextPage: number;
}

/** The parts of a file, in order, and its length. A part is made when it is read. */
export function boltFile(buckets: readonly Bucket[]): { readonly sizeBytes: number; readonly parts: Iterable<Buffer> } {
  const layout: Layout = { nodes: [], nextPage: FIRST_TREE_PAGE };
  const roots = buckets.map(({ name, entries }): Entry => {
    const root = layTree(layout, entries, 0);
    return { key: Buffer.from(name), value: () => bucketHeader(root) };
  });
  const root = layTree(layout, roots, BUCKET_ELEMENT);
  const pages = layout.nextPage;
  return {
    sizeBytes: pages * PAGE_BYTES,
    parts: (function* (): Generator<Buffer> {
      for (const number of [0, 1]) yield metaPage(number, root, pages);
      yield pageOf({ page: FREE_LIST_PAGE, flags: FREE_LIST, count: 0, pages: 1 });
      for (const node of layout.nodes) yield node.bytes();
    })(),
  };
}

/** Lays out the tree of a bucket from its sorted entries, leaves first. Returns the page of its root. */
function layTree(layout: Layout, entries: readonly Entry[], flags: number): number {
  const sizes = entries.map(({ key, value }) => ELEMENT_BYTES + key.length + value().length);
  let level = groups(sizes).map(({ from, to, bytes }) => {
    const own = entries.slice(from, to);
    return addNode(layout, bytes, own[0]?.key ?? Buffer.alloc(0), (page, pages) => leaf(page, pages, own, flags));
  });
  while (level.length > 1) {
    const children = level;
    const childSizes = children.map(({ firstKey }) => ELEMENT_BYTES + firstKey.length);
    level = groups(childSizes).map(({ from, to, bytes }) => {
      const own = children.slice(from, to);
      const [first] = own as [Node];
      return addNode(layout, bytes, first.firstKey, (page, pages) => branch(page, pages, own));
    });
  }
  return (level[0] as Node).page;
}

/** Cuts a row of sizes into runs that fit a page each; one that is larger than a page stands alone. One empty run for no sizes. */
function groups(sizes: readonly number[]): { from: number; to: number; bytes: number }[] {
  const runs = [{ from: 0, to: 0, bytes: PAGE_HEADER_BYTES }];
  let run = runs[0] as { from: number; to: number; bytes: number };
  for (const [index, size] of sizes.entries()) {
    if (run.to > run.from && run.bytes + size > PAGE_BYTES) {
      run = { from: index, to: index, bytes: PAGE_HEADER_BYTES };
      runs.push(run);
    }
    run.to = index + 1;
    run.bytes += size;
  }
  return runs;
}

function addNode(layout: Layout, bytes: number, firstKey: Buffer, make: (page: number, pages: number) => Buffer): Node {
  const page = layout.nextPage;
  const pages = Math.ceil(bytes / PAGE_BYTES);
  layout.nextPage += pages;
  const node = { page, pages, firstKey, bytes: () => make(page, pages) };
  layout.nodes.push(node);
  return node;
}

function pageOf(header: { page: number; flags: number; count: number; pages: number }): Buffer {
  const data = Buffer.alloc(header.pages * PAGE_BYTES);
  data.writeBigUInt64LE(BigInt(header.page));
  data.writeUInt16LE(header.flags, 8);
  data.writeUInt16LE(header.count, 10);
  data.writeUInt32LE(header.pages - 1, 12);
  return data;
}

/** Elements first, their data behind them; an element says how far behind itself its data is. */
function leaf(page: number, pages: number, entries: readonly Entry[], flags: number): Buffer {
  const data = pageOf({ page, flags: LEAF, count: entries.length, pages });
  let at = PAGE_HEADER_BYTES + entries.length * ELEMENT_BYTES;
  for (const [index, entry] of entries.entries()) {
    const element = PAGE_HEADER_BYTES + index * ELEMENT_BYTES;
    const value = entry.value();
    data.writeUInt32LE(flags, element);
    data.writeUInt32LE(at - element, element + 4);
    data.writeUInt32LE(entry.key.length, element + 8);
    data.writeUInt32LE(value.length, element + 12);
    data.set(entry.key, at);
    data.set(value, at + entry.key.length);
    at += entry.key.length + value.length;
  }
  return data;
}

function branch(page: number, pages: number, children: readonly Node[]): Buffer {
  const data = pageOf({ page, flags: BRANCH, count: children.length, pages });
  let at = PAGE_HEADER_BYTES + children.length * ELEMENT_BYTES;
  for (const [index, { firstKey, page: child }] of children.entries()) {
    const element = PAGE_HEADER_BYTES + index * ELEMENT_BYTES;
    data.writeUInt32LE(at - element, element);
    data.writeUInt32LE(firstKey.length, element + 4);
    data.writeBigUInt64LE(BigInt(child), element + 8);
    data.set(firstKey, at);
    at += firstKey.length;
  }
  return data;
}

function bucketHeader(rootPage: number): Buffer {
  const header = Buffer.alloc(BUCKET_HEADER_BYTES);
  header.writeBigUInt64LE(BigInt(rootPage));
  return header;
}

/** The two meta pages are those of the last two transactions; here of one and the one before it, with the same contents. */
function metaPage(number: number, rootPage: number, pages: number): Buffer {
  const data = pageOf({ page: number, flags: META, count: 0, pages: 1 });
  const meta = data.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + META_BYTES);
  meta.writeUInt32LE(MAGIC);
  meta.writeUInt32LE(VERSION, 4);
  meta.writeUInt32LE(PAGE_BYTES, 8);
  meta.set(bucketHeader(rootPage), ROOT_BUCKET_AT);
  meta.writeBigUInt64LE(BigInt(FREE_LIST_PAGE), 32);
  meta.writeBigUInt64LE(BigInt(pages), 40);
  meta.writeBigUInt64LE(BigInt(number), 48);
  meta.writeBigUInt64LE(fnv1a(meta.subarray(0, META_CHECKSUM_AT)), META_CHECKSUM_AT);
  return data;
}

/** FNV-1a of 64 bits. */
function fnv1a(data: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of data) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
