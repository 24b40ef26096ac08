import type { ASTNode } from '@marcbachmann/cel-js';

/** What the CEL library says of an expression that it refuses. */
export interface CelFailure {
  readonly code: string;
  readonly summary: string;
  readonly range?: { readonly start: number; readonly end: number };
}

/** Types whose operators are beyond doubt. */
const PLAIN = new Set(['int', 'double', 'string', 'bool', 'null']);

/** Functions of CEL and of the libraries that Kubernetes adds (docs: "Kubernetes CEL libraries"). */
const FUNCTIONS = new Set(
  `size has all exists exists_one existsOne map filter contains startsWith endsWith matches int uint double string bytes bool type dyn
  timestamp duration getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear getHours getMilliseconds getMinutes getMonth
  getSeconds isSorted sum min max indexOf lastIndexOf find findAll charAt join lowerAscii upperAscii replace split substring trim
  format named validate quote reverse isURL url getScheme getHost getHostname getPort getEscapedPath getQuery isQuantity quantity
  isInteger asInteger asApproximateFloat sign add sub isGreaterThan isLessThan compareTo ip isIP isCanonical family isUnspecified
  isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast cidr isCIDR containsIP containsCIDR prefixLength masked
  isSemver semver major minor patch of none ofNonZeroValue optional hasValue value or orValue optMap optFlatMap sets equivalent
  intersects transformList transformMap transformMapEntry`.split(/\s+/),
);

/** Names before a dot that belong to functions, as in `format.dns1123Label()`. */
const NAMESPACES = new Set(['base64', 'cel', 'format', 'ip', 'jsonpatch', 'math', 'optional', 'sets', 'strings']);

/** The failure as the API server words it; undefined for one that may be the checker's own. */
export function compileFault(text: string, failure: CelFailure, node: ASTNode | undefined): string | undefined {
  const start = failure.range?.start ?? 0;
  switch (failure.code) {
    case 'no_such_key': {
      const name = failure.summary.replace('No such key: ', '');
      // The place is that of the dot, or of the bracket of `has`.
      const place = node?.op === 'call' ? text.indexOf('(', node.start) : text.lastIndexOf('.', start);
      return located(text, place, `undefined field '${name}'`);
    }
    case 'unknown_variable': {
      const name = failure.summary.replace('Unknown variable: ', '');
      if (NAMESPACES.has(name)) return undefined;
      return located(text, start, `undeclared reference to '${name}' (in container '')`);
    }
    case 'no_such_overload':
      return overloadFault(text, failure, node);
    case 'incompatible_ternary_branches': {
      const branches = /'(\w+)' and '(\w+)'/.exec(failure.summary)?.slice(1) ?? [];
      if (node?.op !== '?:' || branches.length < 2 || !branches.every((t) => PLAIN.has(t))) return undefined;
      const [condition] = node.args;
      return located(
        text,
        text.indexOf('?', condition.end),
        `found no matching overload for '_?_:_' applied to '(bool, ${branches.join(', ')})'`,
      );
    }
    case 'no_matching_overload': {
      const name = /(\w+)\(/.exec(failure.summary)?.[1];
      if (name === undefined || FUNCTIONS.has(name)) return undefined;
      return located(
        text,
        text.indexOf('(', text.indexOf(name, start)),
        `undeclared reference to '${name}' (in container '')`,
      );
    }
    default:
      return located(text, start, `Syntax error: ${failure.summary}`);
  }
}

function overloadFault(text: string, failure: CelFailure, node: ASTNode | undefined): string | undefined {
  const [, left = '', operator = '', right = ''] =
    /^no such overload: (\w+) (==|!=|<=|>=|<|>|\+|-|\*|\/|%) (\w+)$/.exec(failure.summary) ?? [];
  if (left === right || !PLAIN.has(left) || !PLAIN.has(right) || node === undefined) return undefined;
  const [first] = Array.isArray(node.args) ? (node.args as readonly unknown[]) : [];
  const end = first !== null && typeof first === 'object' && 'end' in first ? Number(first.end) : node.start;
  return located(
    text,
    text.indexOf(operator, end),
    `found no matching overload for '_${operator}_' applied to '(${left}, ${right})'`,
  );
}

/** With the line of the source and a mark below the place. */
function located(text: string, offset: number, what: string): string {
  const before = text.slice(0, Math.max(0, offset));
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = text.slice(lineStart).split('\n', 1)[0] ?? '';
  const column = before.length - lineStart;
  return `ERROR: <input>:${String(before.split('\n').length)}:${String(column + 1)}: ${what}\n | ${line}\n | ${'.'.repeat(column)}^`;
}
