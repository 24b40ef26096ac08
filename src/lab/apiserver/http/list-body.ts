/** Written to the connection at a time. */
const PIECE_BYTES = 128 * 1024;

/** The JSON of a list in pieces: its own fields, then its items, each made into JSON when its turn comes. */
export function* listBody<T>(
  list: Record<string, unknown>,
  items: Iterable<T>,
  json: (item: T) => Buffer,
): Generator<Buffer> {
  let gathered: Buffer[] = [Buffer.from(`${JSON.stringify(list).slice(0, -1)},"items":[`)];
  let size = 0;
  let first = true;
  for (const item of items) {
    if (!first) gathered.push(COMMA);
    first = false;
    const bytes = json(item);
    gathered.push(bytes);
    size += bytes.length;
    if (size < PIECE_BYTES) continue;
    yield Buffer.concat(gathered);
    gathered = [];
    size = 0;
  }
  gathered.push(END);
  yield Buffer.concat(gathered);
}

const COMMA = Buffer.from(',');
const END = Buffer.from(']}\n');
