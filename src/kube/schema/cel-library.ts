import { isIP, isIPv4 } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';
import { parseQuantity } from './quantity.ts';

/**
 * The functions that Kubernetes adds to CEL (docs: CEL in Kubernetes, library tables) and that rules of the ecosystem use:
 * regex `find`/`findAll`, list `isSorted`/`sum`/`min`/`max`/`indexOf`, `url` checks, `ip`/`cidr` checks, quantities as numbers of their base unit.
 */
export function registerKubernetesLibrary(environment: Environment): void {
  const define = (signature: string, handler: (...values: never[]) => unknown): void => {
    environment.registerFunction(signature, handler as (...values: unknown[]) => unknown);
  };
  define('string.find(string): string', (text: string, pattern: string) => new RegExp(pattern).exec(text)?.[0] ?? '');
  define('string.findAll(string): list', (text: string, pattern: string) =>
    [...text.matchAll(new RegExp(pattern, 'g'))].map((m) => m[0]),
  );
  define('string.replace(string, string): string', (text: string, from: string, to: string) =>
    text.replaceAll(from, () => to),
  );
  define('string.charAt(int): string', (text: string, index: bigint) => [...text][Number(index)] ?? '');
  define('string.format(list): string', (text: string, values: readonly unknown[]) => format(text, values));
  define('list.isSorted(): bool', (list: readonly Ordered[]) =>
    list.every((item, index) => index === 0 || (list[index - 1] as Ordered) <= item),
  );
  define('list.sum(): dyn', (list: readonly Ordered[]) => sum(list));
  define('list.min(): dyn', (list: readonly Ordered[]) => extreme(list, (a, b) => a < b));
  define('list.max(): dyn', (list: readonly Ordered[]) => extreme(list, (a, b) => a > b));
  define('list.indexOf(dyn): int', (list: readonly unknown[], item: unknown) => BigInt(list.indexOf(item)));
  define('list.lastIndexOf(dyn): int', (list: readonly unknown[], item: unknown) => BigInt(list.lastIndexOf(item)));
  define('isURL(string): bool', (text: string) => URL.canParse(text));
  define('isIP(string): bool', (text: string) => isIP(text) !== 0);
  define('isCIDR(string): bool', (text: string) => isCidr(text));
  define('isQuantity(string): bool', (text: string) => parseQuantity(text) !== undefined);
  define('quantity(string): double', (text: string) => parseQuantity(text) ?? fail(`invalid quantity: ${text}`));
  define('double.isGreaterThan(double): bool', (a: number, b: number) => a > b);
  define('double.isLessThan(double): bool', (a: number, b: number) => a < b);
  define('double.compareTo(double): int', (a: number, b: number) => BigInt(Math.sign(a - b)));
}

type Ordered = bigint | number | string;

function fail(message: string): never {
  // The CEL evaluator turns what a function throws into its own evaluation error, with the place in the rule.
  throw new Error(message);
}

function sum(list: readonly Ordered[]): Ordered {
  const [first, ...rest] = list;
  if (first === undefined) return 0n;
  return rest.reduce<Ordered>((total, item) => (total as number) + (item as number), first);
}

function extreme(list: readonly Ordered[], wins: (a: Ordered, b: Ordered) => boolean): Ordered {
  const [first, ...rest] = list;
  if (first === undefined) return fail('min/max called on empty list');
  return rest.reduce((best, item) => (wins(item, best) ? item : best), first);
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  return rest.length === 0 && isIP(address) !== 0 && /^\d+$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128);
}

/** `%s` and `%d` of CEL's string extension; `%%` is a percent sign. */
function format(text: string, values: readonly unknown[]): string {
  let next = 0;
  return text.replaceAll(/%[%sd]/g, (verb) => (verb === '%%' ? '%' : String(values[next++])));
}
