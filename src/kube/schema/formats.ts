import { isIP, isIPv4, isIPv6 } from 'node:net';

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const GO_DURATION = /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const SCALA_DURATION =
  /^\d+\s*(?:ns|nanos?|nanoseconds?|us|µs|micros?|microseconds?|ms|millis?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)$/i;

const HOSTNAME = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i;

/** JavaScript reads February 30 as March 1: only a date that is written back the same exists. */
function isDate(value: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(value) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}

function isCidr(value: string): boolean {
  const [address = '', length, ...rest] = value.split('/');
  const family = isIP(address);
  return (
    rest.length === 0 &&
    family !== 0 &&
    length !== undefined &&
    /^\d{1,3}$/.test(length) &&
    Number(length) <= (family === 4 ? 32 : 128)
  );
}

/**
 * The formats that the API server checks in custom resources, dashes removed; every other format (int32, k8s-short-name, ...)
 * documents and is not checked. List: apiextensions-apiserver, supported formats since 1.0.
 */
const checks: Readonly<Record<string, (value: string) => boolean>> = {
  bsonobjectid: (v) => /^[0-9a-f]{24}$/i.test(v),
  uri: (v) => v.startsWith('/') || URL.canParse(v),
  email: (v) => /^[^\s@]+@[^\s@]+$/.test(v) || /^[^<>]*<[^\s@<>]+@[^\s@<>]+>$/.test(v),
  // One label, or several of which the last has two letters or more.
  hostname: (v) => v.length <= 255 && (/^[a-z0-9]-?[a-z0-9]{0,62}$/i.test(v) || HOSTNAME.test(v)),
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: isCidr,
  mac: (v) =>
    /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(v) || /^[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}$/i.test(v),
  uuid: (v) => UUID.test(v),
  uuid3: (v) => UUID.test(v) && v.replaceAll('-', '')[12] === '3',
  uuid4: (v) => UUID.test(v) && v.replaceAll('-', '')[12] === '4',
  uuid5: (v) => UUID.test(v) && v.replaceAll('-', '')[12] === '5',
  hexcolor: (v) => /^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(v),
  byte: (v) => v !== '' && /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(v),
  date: isDate,
  datetime: (v) => DATE_TIME.test(v) && isDate(v.slice(0, 10)) && !Number.isNaN(Date.parse(v)),
  duration: (v) => GO_DURATION.test(v) || SCALA_DURATION.test(v),
};

/** False only when the format is one that the API server checks and the value does not have it. */
export function matchesFormat(format: string, value: string): boolean {
  const normalized = format.replaceAll('-', '');
  return !Object.hasOwn(checks, normalized) || checks[normalized]?.(value) !== false;
}
