import { InvalidArgumentError } from 'commander';

export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port`, an IPv6 address in brackets. */
export function listenAddress(text: string): Listen {
  const [, bracketed, plain, port = ''] = /^(?:\[([0-9a-f:.]+)\]|([^\s:]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535)
    throw new InvalidArgumentError('give an address and a port: 127.0.0.1:8443 or [::1]:8443');
  return { host, port: Number(port) };
}
