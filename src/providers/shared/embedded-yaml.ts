import { parseDocument } from 'yaml';

/** A text inside a field that is YAML or JSON itself. */
export type EmbeddedYaml =
  { readonly readable: true; readonly value: unknown } | { readonly readable: false; readonly fault: string };

/** Machines share their files: a manifest of many pools holds the same few texts again and again. */
const remembered = new Map<string, EmbeddedYaml>();
const maxRemembered = 64;

/** Reads the first document of a text; never throws. What it answers is shared and must not be changed. `fault` is one line with line and column inside the text. */
export function readEmbedded(text: string): EmbeddedYaml {
  const known = remembered.get(text);
  if (known) return known;
  if (remembered.size >= maxRemembered) remembered.clear();
  const read = readText(text);
  remembered.set(text, read);
  return read;
}

function readText(text: string): EmbeddedYaml {
  const document = parseDocument(text, { prettyErrors: true, logLevel: 'silent' });
  const [error] = document.errors;
  if (error) return { readable: false, fault: error.message.split('\n')[0]?.replace(/:$/, '') ?? error.code };
  try {
    return { readable: true, value: document.toJS({ maxAliasCount: 100 }) as unknown };
  } catch (error) {
    return { readable: false, fault: error instanceof Error ? error.message : String(error) };
  }
}
