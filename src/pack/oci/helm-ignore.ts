/** One line of a .helmignore file. */
interface IgnoreRule {
  readonly negated: boolean;
  readonly foldersOnly: boolean;
  /** Looked for in the whole path, or in its last part. */
  readonly wholePath: boolean;
  readonly pattern: RegExp;
}

/**
 * Which files of a chart folder `helm package` leaves out: the rules of `.helmignore`, and hidden files in `templates/`. As in Helm,
 * a negated rule leaves out what it does not name. The answer is for a path below the chart, with `/`.
 */
export function helmIgnore(text: string): (path: string, isFolder: boolean) => boolean {
  const rules = [...text.split(/\r?\n/), 'templates/.?*'].flatMap(parseRule);
  return (path, isFolder) => {
    for (const { negated, foldersOnly, wholePath, pattern } of rules) {
      const matches = pattern.test(wholePath ? path : path.slice(path.lastIndexOf('/') + 1));
      if (negated) {
        if ((foldersOnly && !isFolder) || !matches) return true;
      } else if ((!foldersOnly || isFolder) && matches) return true;
    }
    return false;
  };
}

function parseRule(line: string): IgnoreRule[] {
  let rule = line.trim();
  if (rule === '' || rule.startsWith('#')) return [];
  const negated = rule.startsWith('!');
  if (negated) rule = rule.slice(1);
  const foldersOnly = rule.endsWith('/');
  if (foldersOnly) rule = rule.slice(0, -1);
  const wholePath = rule.includes('/');
  return [{ negated, foldersOnly, wholePath, pattern: globOf(rule.replace(/^\//, '')) }];
}

/** `*` and `?` do not go beyond a `/`; `[a-z]` and `[^a]` are sets; a backslash takes the next character as it is. */
function globOf(glob: string): RegExp {
  const source = glob.replaceAll(/\\(.)|\[(\^?)([^\]]+)\]|[\s\S]/g, (part, literal, caret, set) => {
    if (typeof literal === 'string') return escape(literal);
    if (typeof set === 'string') return `[${typeof caret === 'string' ? caret : ''}${set.replaceAll('\\', '\\\\')}]`;
    return part === '*' ? '[^/]*' : part === '?' ? '[^/]' : escape(part);
  });
  return new RegExp(`^${source}$`);
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}
