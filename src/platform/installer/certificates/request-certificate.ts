import { certificateOf, type InstallerRequest, type RequestFault } from '../request.ts';
import { checkChain } from './check-chain.ts';

/** The names under which the console of a request is asked for: the platform's address, and the VIPs. */
export function consoleHosts(request: InstallerRequest, vips: readonly string[] = []): string[] {
  const { globalHost, host } = request.console;
  return [...new Set([globalHost, ...host, ...vips])];
}

/**
 * Faults and warnings of the third-party certificate of a body, with the JSON pointers of its fields; none without one. The body
 * may be invalid otherwise.
 */
export async function certificateFindings(
  body: unknown,
  options: { readonly nowMs: number; readonly vips?: readonly string[] | undefined },
): Promise<{ readonly faults: RequestFault[]; readonly warnings: RequestFault[] }> {
  const part = certificateOf(body);
  if (part === undefined) return { faults: [], warnings: [] };
  const pem = (value: string): string => Buffer.from(value, 'base64').toString('utf8');
  const findings = await checkChain({
    chainPem: pem(part.certificate),
    keyPem: pem(part.privateKey),
    hosts: [...part.hosts, ...(options.vips ?? [])],
    nowMs: options.nowMs,
  });
  const of = (severity: string): RequestFault[] =>
    findings
      .filter((f) => f.severity === severity)
      .map((f) => ({ pointer: `/console/cert/thirdParty/${f.of}`, message: f.message }));
  return { faults: of('fault'), warnings: of('warning') };
}
