/** Body of the guide's DCS example, with values of documentation ranges. */
export const ADMIN_PASSWORD = 'p4ssw0rd-of-the-admin';
export const REGISTRY_PASSWORD = 'registry-secret';

export function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

export const dcsBody = {
  basic: { username: 'admin@cpaas.io', password: encode(ADMIN_PASSWORD) },
  registry: { domain: 'platform.example.com:11443', username: 'robot', password: encode(REGISTRY_PASSWORD) },
  console: {
    host: ['192.0.2.10'],
    globalHost: 'platform.example.com',
    httpPort: 80,
    httpsPort: 443,
    cert: { selfSigned: {} },
  },
  cluster: {
    clusterCIDR: '100.3.0.0/16',
    serviceCIDR: '100.4.0.0/16',
    features: { ha: { vip: '192.0.2.10', vport: 6443, isThirdParty: true } },
  },
  product: ['base', 'acp'],
  deployMode: 'normal',
  hostIP: '192.0.2.5',
};
