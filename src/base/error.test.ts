import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { toGlobalctlError } from './error.ts';

async function thrownBy(action: () => Promise<unknown>): Promise<unknown> {
  return await action().then(
    () => undefined,
    (error: unknown) => error,
  );
}

it('takes a folder or a disk that refuses for something that a person can cure, not for a defect', async () => {
  const noFolder = await thrownBy(() => writeFile('/dev/null/file', 'x'));
  expect(toGlobalctlError(noFolder)).toMatchObject({ code: 'FILE_UNWRITABLE', cause: noFolder });
  const full = await thrownBy(() => writeFile('/dev/full', 'x'));
  expect(toGlobalctlError(full).code).toBe('FILE_UNWRITABLE');
});

it('takes the same word of another call, and a file that is missing, for the defect that it is', async () => {
  const refused = Object.assign(new Error('listen EACCES'), { code: 'EACCES', syscall: 'listen' });
  expect(toGlobalctlError(refused).code).toBe('INTERNAL');
  const missing = await thrownBy(() => new Promise((_, fail) => connect('/nowhere/at/all.sock').once('error', fail)));
  expect(toGlobalctlError(missing).code).toBe('INTERNAL');
});
