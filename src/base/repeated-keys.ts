/** Where something is in a JSON document: keys of objects and indices of lists, from the outside. */
export type JsonPath = readonly (string | number)[];

interface Level {
  /** Keys of an object so far; undefined in a list. */
  readonly keys: Set<string> | undefined;
  key: string;
  index: number;
}

const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\],]/g;

/**
 * Keys that an object of a JSON text has before, of which a parser keeps the last alone; one entry for each time, found as the caller
 * asks on. The text must be valid JSON.
 */
export function* repeatedKeys(text: string): Generator<JsonPath> {
  const levels: Level[] = [];
  for (const [token, colon] of text.matchAll(TOKEN)) {
    const level = levels.at(-1);
    if (token === '{' || token === '[') levels.push({ keys: token === '{' ? new Set() : undefined, key: '', index: 0 });
    else if (token === '}' || token === ']') levels.pop();
    else if (token === ',') {
      if (level) level.index++;
    } else if (colon !== undefined && level?.keys) {
      level.key = JSON.parse(token.slice(0, -colon.length)) as string;
      if (level.keys.has(level.key)) yield levels.map((outer) => (outer.keys ? outer.key : outer.index));
      level.keys.add(level.key);
    }
  }
}
