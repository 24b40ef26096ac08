import { createTwoFilesPatch } from 'diff';
import { describe, expect, it } from 'vitest';
import { Redactor } from '../base/index.ts';
import { hideFormerSecrets } from './former-secrets.ts';

function shown(present: string, wanted: string): string | undefined {
  const known = new Redactor();
  known.add('new-password');
  known.add('new-key-of-32-bytes');
  return hideFormerSecrets(createTwoFilesPatch('a', 'b', present, wanted), { present, wanted }, known);
}

const secret = (password: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: credentials\nstringData:\n  user: demo\n  password: ${password}\n`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('a diff after a secret was rotated', () => {
  it('hides the former secret and shows what else is different', () => {
    const diff = shown(`${secret('old-password')}replicas: 2\n`, `${secret('new-password')}replicas: 3\n`);
    expect(diff).not.toMatch(/(old|new)-password/);
    expect(diff).toContain('-replicas: 2');
    expect(diff).toContain('user: demo');
  });

  it('finds it when the documents and list items stand in another order', () => {
    const list = (items: string): string => `---\nkind: ControlPlane\nmetadata:\n  name: kcp\nfiles:\n${items}`;
    const file = (path: string, key: string): string =>
      `- path: ${path}\n  content: |\n    keys:\n      - secret: ${key}\n`;
    const plain = '- path: /etc/motd\n  content: hello\n';
    const diff = shown(
      `${list(`${plain}${file('/etc/enc', 'old-key-of-32-bytes')}`)}---\n${secret('old-password')}`,
      `${secret('new-password')}${list(`${file('/etc/enc', 'new-key-of-32-bytes')}${plain}`)}`,
    );
    expect(diff).not.toMatch(/old-(password|key)/);
  });

  it('hides it in the base64 of an installer request', () => {
    const body = (password: string): string => JSON.stringify({ auth: { password: base64(password) } }, null, 2);
    expect(shown(body('old-password'), body('new-password'))).not.toContain(base64('old-password'));
  });

  it('is not shown when the file can no longer be read', () => {
    expect(shown('password: [old-password', secret('new-password'))).toBeUndefined();
  });
});
