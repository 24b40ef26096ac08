import { expect } from 'vitest';
import { expectFailure, UNSCHEDULED, type ContractCase, type World } from '../contract-case.ts';

/** A Pod that no node has been chosen for. */
async function pod(w: World, containers: readonly string[]): Promise<string> {
  const name = w.name('pod');
  await w.given(w.core('pods'), {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { ...UNSCHEDULED, containers: containers.map((c) => ({ name: c, image: 'example/main:1' })) },
  });
  return name;
}

const invalid = (name: string, field: string, message: string): Record<string, unknown> => ({
  message: `PodLogOptions "${name}" is invalid: ${field}: ${message}`,
  details: { name, kind: 'PodLogOptions', causes: [{ field, message }] },
});

const outOfRange: readonly (readonly [query: string, field: string, message: string])[] = [
  ['tailLines=-1', 'tailLines', 'Invalid value: -1: must be greater than or equal to 0'],
  ['sinceSeconds=0', 'sinceSeconds', 'Invalid value: 0: must be greater than 0'],
  ['limitBytes=0', 'limitBytes', 'Invalid value: 0: must be greater than 0'],
  [
    'sinceSeconds=1&sinceTime=2020-01-01T00:00:00Z',
    '[]',
    'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
  ],
];

export const streams: readonly ContractCase[] = [
  {
    title: 'the log of a Pod without a node is empty',
    run: async (w) => {
      const answer = await w.api.call('GET', w.core('pods', await pod(w, ['main']), 'log'));
      expect(answer).toMatchObject({ code: 204, text: '' });
    },
  },
  {
    title: 'the log of a Pod with several containers needs the name of one',
    run: async (w) => {
      const name = await pod(w, ['main', 'side']);
      expectFailure(await w.api.call('GET', w.core('pods', name, 'log')), 400, 'BadRequest', {
        message: `a container name must be specified for pod ${name}, choose one of: [main side]`,
      });
    },
  },
  {
    title: 'the log of a container that the Pod lacks is BadRequest',
    run: async (w) => {
      const name = await pod(w, ['main']);
      expectFailure(await w.api.call('GET', `${w.core('pods', name, 'log')}?container=other`), 400, 'BadRequest', {
        message: `container other is not valid for pod ${name}`,
      });
    },
  },
  {
    title: 'the log of a Pod that does not exist is NotFound',
    run: async (w) => expectFailure(await w.api.call('GET', w.core('pods', 'absent', 'log')), 404, 'NotFound'),
  },
  {
    title: 'a log cannot be written',
    run: async (w) =>
      expectFailure(
        await w.api.call('POST', w.core('pods', await pod(w, ['main']), 'log'), {}),
        405,
        'MethodNotAllowed',
        { message: 'the server does not allow this method on the requested resource' },
      ),
  },
  ...outOfRange.map(([query, field, message]): ContractCase => ({
    title: `a log with ${query} is Invalid`,
    run: async (w) => {
      const name = await pod(w, ['main']);
      expectFailure(
        await w.api.call('GET', `${w.core('pods', name, 'log')}?${query}`),
        422,
        'Invalid',
        invalid(name, field, message),
      );
    },
  })),
  {
    title: 'a log with tailLines that is no number is BadRequest',
    run: async (w) =>
      expectFailure(
        await w.api.call('GET', `${w.core('pods', await pod(w, ['main']), 'log')}?tailLines=x`),
        400,
        'BadRequest',
        { message: 'strconv.ParseInt: parsing "x": invalid syntax' },
      ),
  },
  ...['exec?command=ls', 'attach', 'portforward'].flatMap((path) =>
    ['GET', 'POST'].map((method): ContractCase => ({
      title: `${method} ${path} of a Pod without a node is BadRequest, at once`,
      run: async (w) => {
        const name = await pod(w, ['main']);
        expectFailure(await w.api.call(method, w.core('pods', name, path)), 400, 'BadRequest', {
          message: `pod ${name} does not have a host assigned`,
        });
      },
    })),
  ),
];
