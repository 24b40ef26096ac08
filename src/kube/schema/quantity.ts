const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A resource quantity (`500m`, `10Gi`, `1e3`) as a number of its base unit, or undefined when it is none. */
export function parseQuantity(text: string): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text);
  if (match === null) return undefined;
  const [, digits = '', exponent = '', suffix = ''] = match;
  const factor = SUFFIXES[suffix];
  return factor === undefined ? undefined : Number(`${digits}${exponent}`) * factor;
}

const NANO = 9;
const DECIMAL_SUFFIXES = new Map([
  [-9, 'n'],
  [-6, 'u'],
  [-3, 'm'],
  [0, ''],
  [3, 'k'],
  [6, 'M'],
  [9, 'G'],
  [12, 'T'],
  [15, 'P'],
  [18, 'E'],
]);
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/**
 * The spelling that the API server prints of a quantity (apimachinery, api/resource: canonical form), e.g. `1` for `1000m`, `1Gi` for
 * `1024Mi`, `100m` for `0.1`; undefined when the text is none. Beyond nano it is rounded up.
 */
export function canonicalQuantity(text: string): string | undefined {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text);
  if (match === null || parseQuantity(text) === undefined) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent, suffix = ''] = match;
  const binary = suffix.endsWith('i') ? BINARY_SUFFIXES.indexOf(suffix) : 0;
  const power =
    exponent === undefined ? ([...DECIMAL_SUFFIXES].find(([, s]) => s === suffix)?.[0] ?? 0) : Number(exponent);
  const nanos = scaled(BigInt(whole + fraction) * 1024n ** BigInt(binary), power - fraction.length + NANO);
  if (nanos === 0n) return '0';
  const prefix = sign === '-' ? '-' : '';
  const unit = 10n ** BigInt(NANO);
  if (binary > 0 && nanos >= 1024n * unit) return prefix + binaryText((nanos + unit - 1n) / unit);
  return prefix + decimalText(nanos, exponent !== undefined);
}

function scaled(value: bigint, power: number): bigint {
  if (power >= 0) return value * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (value + divisor - 1n) / divisor;
}

function binaryText(value: bigint): string {
  let mantissa = value;
  let step = 0;
  while (step < BINARY_SUFFIXES.length - 1 && mantissa % 1024n === 0n) {
    mantissa /= 1024n;
    step++;
  }
  return `${String(mantissa)}${BINARY_SUFFIXES[step] ?? ''}`;
}

function decimalText(nanos: bigint, withExponent: boolean): string {
  let mantissa = nanos;
  let power = -NANO;
  while (power < 18 && mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    power += 3;
  }
  if (withExponent) return `${String(mantissa)}${power === 0 ? '' : `e${String(power)}`}`;
  return `${String(mantissa)}${DECIMAL_SUFFIXES.get(power) ?? ''}`;
}
