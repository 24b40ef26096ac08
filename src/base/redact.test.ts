import { describe, expect, it } from 'vitest';
import { Redactor } from './redact.ts';

function redactorOf(...secrets: string[]): Redactor {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.add(secret);
  return redactor;
}

describe('redaction', () => {
  it('hides a secret as it is, in base64, and inside JSON', () => {
    const secret = 'p"w\\1234';
    const text = `${secret} ${Buffer.from(secret).toString('base64')} ${JSON.stringify({ secret })}`;
    expect(redactorOf(secret).redact(text)).toBe('[redacted] [redacted] {"secret":"[redacted]"}');
  });

  it('hides the longer secret whole when another one is a part of it', () => {
    expect(redactorOf('hunter', 'hunter-two').redact('is hunter-two')).toBe('is [redacted]');
  });

  it('hides each line of a secret of many lines, as an indented block of YAML shows it', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n-----END PRIVATE KEY-----\n';
    const shown = redactorOf(key).redact(`  privateKey: |\n${key.replace(/^(?=.)/gm, '    ')}`);
    expect(shown).not.toContain('MIIEvQIBADANBgkqhkiG9w0B');
    expect(shown).toContain('-----BEGIN PRIVATE KEY-----');
  });

  it('hides a secret in the JSON that an event quotes', () => {
    const secret = 'p"w\\1234';
    const event = { type: 'log', found: [`HTTP 422: ${JSON.stringify({ secret })}`] };
    expect(JSON.stringify(redactorOf(secret).redactDeep(event))).toBe(
      JSON.stringify({ type: 'log', found: ['HTTP 422: {"secret":"[redacted]"}'] }),
    );
  });

  it('leaves what is too short to be a secret', () => {
    expect(redactorOf('abc').redact('abc')).toBe('abc');
  });
});
