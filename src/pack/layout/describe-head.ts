const SIGNATURES: readonly (readonly [bytes: string, kind: string])[] = [
  ['504b0304', 'a zip archive'],
  ['fd377a585a00', 'an xz archive; decompress it first'],
  ['425a68', 'a bzip2 archive; decompress it first'],
  ['7f454c46', 'a program'],
  ['edabeedb', 'an RPM package'],
  ['213c617263683e', 'a Debian package or library'],
  ['514649fb', 'a disk image in qcow2 form'],
];

/** What a file is that is no archive of ours, by its first bytes, in words. */
export function describeHead(head: Uint8Array): string {
  if (head.length === 0) return 'an empty file';
  const hex = Buffer.from(head).toString('hex');
  const known = SIGNATURES.find(([bytes]) => hex.startsWith(bytes));
  if (known) return known[1];
  if (head.every((byte) => byte === 0)) return 'zeros';
  const text = Buffer.from(head).toString('utf8').trimStart();
  if (/^(<!doctype html|<html|<\?xml)/i.test(text)) return 'a web page, such as a server sends in place of a file';
  if (/^[{[]/.test(text)) return 'JSON text';
  if (/^(---|#|[A-Za-z][\w.-]*:(\s|$))/.test(text)) return 'text, as of a YAML file';
  // A character that text does not hold, or that UTF-8 cannot be read as.
  if (!/[^\P{C}\s]|\ufffd/u.test(text)) return 'text';
  return `a file that begins with 0x${hex.slice(0, 8)}`;
}
