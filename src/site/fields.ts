import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import type { ErrorCode } from '../base/index.ts';

/**
 * The kinds of text that a site file holds, for the core schema and for the parts of providers. Each carries a pattern for
 * editors where one says it, and tells what it expects in words.
 */

export interface TextForm {
  /** In words, with an example: `an IPv4 address, e.g. 192.0.2.10`. */
  readonly expected: string;
  readonly accepts: (value: string) => boolean;
  /** Default SITE_VALUE. */
  readonly code?: ErrorCode;
  readonly hint?: string;
  readonly pattern?: RegExp;
}

/** A string of one form. */
export function text(form: TextForm): z.ZodString {
  const { expected, code, hint, pattern } = form;
  const schema = z.string().refine(form.accepts, { params: { expected, code: code ?? 'SITE_VALUE', hint } });
  return schema.meta({ expects: expected, ...(pattern && { pattern: pattern.source }) });
}

function matching(pattern: RegExp, expected: string, more: Partial<TextForm> = {}): z.ZodString {
  return text({ expected, accepts: (value) => pattern.test(value), pattern, ...more });
}

/** Any text that is not empty. */
export function nonEmpty(expected = 'text that is not empty'): z.ZodString {
  return matching(/\S/, expected);
}

const ipv4Pattern = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;

/** An IPv4 address in four decimal parts. The guide and the providers' pages know no other for nodes and VIPs. */
export function ipv4(): z.ZodString {
  return text({
    expected: 'an IPv4 address, e.g. 192.0.2.10',
    accepts: (value) => ipaddr.IPv4.isValidFourPartDecimal(value),
    pattern: ipv4Pattern,
  });
}

/** An IPv4 network with its prefix length. */
export function cidr(): z.ZodString {
  return text({
    expected: 'an IPv4 network with prefix length, e.g. 100.3.0.0/16',
    accepts: (value) => ipaddr.IPv4.isValidCIDRFourPartDecimal(value),
    pattern: /^(?:\d{1,3}\.){3}\d{1,3}\/(?:3[0-2]|[12]?\d)$/,
  });
}

const label = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const labelPattern = new RegExp(`^${label}$`);
const domainPattern = new RegExp(`^${label}(?:\\.${label})*$`);

/** A DNS-1123 label: the name of a Kubernetes object whose name becomes part of others. */
export function dnsLabel(): z.ZodString {
  return matching(labelPattern, 'lower-case letters, digits and hyphens, at most 63 (DNS-1123 label), e.g. md-0');
}

/** The name of a node: DNS-1123 subdomain, since it becomes the name of the Node object. */
export function hostname(): z.ZodString {
  return text({
    expected: 'a host name in lower-case letters, digits, hyphens and dots (DNS-1123), e.g. global-cp-1',
    accepts: (value) => value.length <= 253 && domainPattern.test(value),
    pattern: domainPattern,
  });
}

function isHost(value: string): boolean {
  if (/^[\d.]+$/.test(value)) return ipaddr.IPv4.isValidFourPartDecimal(value);
  return value.length <= 253 && domainPattern.test(value);
}

/** A domain name or an IPv4 address, without scheme, port or path. */
export function host(): z.ZodString {
  return text({
    expected: 'a domain name or IPv4 address without scheme, port and path, e.g. platform.example.com',
    accepts: isHost,
    pattern: domainPattern,
  });
}

/** `<host>:<port>`, the only form that the annotation, the AppReleases and image references share. Else SITE_REGISTRY_ADDRESS. */
export function registryAddress(): z.ZodString {
  return text({
    code: 'SITE_REGISTRY_ADDRESS',
    expected: '<host>:<port> without scheme and path, e.g. 192.0.2.5:11443',
    pattern: /^[a-z0-9.-]+:\d{1,5}$/,
    accepts(value) {
      const [name, port, ...rest] = value.split(':');
      if (name === undefined || port === undefined || rest.length > 0) return false;
      return isHost(name) && /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
    },
  });
}

/** A version that carries a leading `v` (Kubernetes, charts, the platform). Else SITE_VERSION_PREFIX or SITE_VALUE. */
export function prefixedVersion(example = 'v1.33.7-2'): z.ZodString {
  const pattern = /^v\d+\.\d+\.\d+(?:[-+.][0-9A-Za-z.+-]+)?$/;
  return matching(pattern, `a version with a leading v, e.g. ${example}`, {
    code: 'SITE_VERSION_PREFIX',
    hint: 'Write the version as the delivery package spells it, with the leading v and any suffix.',
  });
}

/** A tag as the version table spells it; the CoreDNS column has no leading v. */
export function imageTag(example: string): z.ZodString {
  return matching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, `an image tag, e.g. ${example}`);
}

export function port(): z.ZodInt {
  return z.int().min(1).max(65_535).meta({ expects: 'a port from 1 to 65535' });
}

/** A count of at least `least`. */
export function count(least = 1): z.ZodInt {
  return z
    .int()
    .min(least)
    .meta({ expects: `a whole number of at least ${String(least)}` });
}

/** An absolute path on the bootstrap host, or one relative to the folder of the site file. */
export function path(): z.ZodString {
  return nonEmpty('a path');
}

/** An `http://` or `https://` URL. */
export function httpUrl(): z.ZodString {
  return text({
    expected: 'an http:// or https:// URL',
    accepts: (value) => /^https?:\/\//.test(value) && URL.canParse(value),
    pattern: /^https?:\/\/.+/,
  });
}

/** One line of an authorized_keys file: type, base64, optional comment. */
export function sshPublicKey(): z.ZodString {
  return matching(
    /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]+={0,2}(?: .*)?$/,
    'an SSH public key as one line, e.g. ssh-ed25519 AAAA... name',
  );
}
