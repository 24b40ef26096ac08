/** A stretch of text by its offsets; `end` is the first offset that no longer belongs to it. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** A key that names a secret, at the start of a line or inside a flow mapping, and the rest of its line as the value. */
const secretLine =
  /((?:^|[\s{,"'-])[\w.-]*(?:password|passwd|secret|token|accessKey|authKey|privateKey|encryptionKey)["']?[ \t]*:[ \t]+)(?!["']?(?:env|file):)([^\s#&*|>{[][^\r\n]*)/gim;

/**
 * The text with secrets covered by asterisks, for the snippets of messages: the given ranges, and what stands after a key
 * whose name says that it is a secret and is no reference. Length and line ends stay, so places stay true.
 */
export function maskSecrets(text: string, ranges: readonly TextRange[]): string {
  const named = text.replace(secretLine, (_line, key: string, value: string) => key + cover(value));
  const pieces: string[] = [];
  let at = 0;
  for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
    if (end <= at) continue;
    pieces.push(named.slice(at, start), cover(named.slice(Math.max(at, start), end)));
    at = end;
  }
  return [...pieces, named.slice(at)].join('');
}

function cover(text: string): string {
  return text.replaceAll(/[^\r\n]/g, '*');
}
