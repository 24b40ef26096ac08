import { expect } from 'vitest';
import { at, expectFailure, names, textAt, type ContractCase, type World } from '../contract-case.ts';

const listOf = (w: World, values: Record<string, string>): string =>
  `${w.core('configmaps')}?${new URLSearchParams(values).toString()}`;

/** Options that a server refuses with 422, and the text after `ListOptions.meta.k8s.io "" is invalid: `. */
const refused: readonly { readonly title: string; readonly options: Record<string, string>; readonly text: string }[] =
  [
    {
      title: 'a list by Exact from version 0',
      options: { resourceVersionMatch: 'Exact', resourceVersion: '0' },
      text: 'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    },
    {
      title: 'a list by a match that does not exist',
      options: { resourceVersionMatch: 'Newest', resourceVersion: '0' },
      text: 'resourceVersionMatch: Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""',
    },
    {
      title: 'a list by a match that does not exist and without a version',
      options: { resourceVersionMatch: 'Newest' },
      text: '[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided, resourceVersionMatch: Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""]',
    },
    {
      title: 'a list that goes on by a match',
      options: { resourceVersionMatch: 'Exact', resourceVersion: '5', continue: 'x' },
      text: 'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
    },
    {
      title: 'a list with sendInitialEvents',
      options: { sendInitialEvents: 'false' },
      text: 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
    },
    {
      title: 'a watch by NotOlderThan without sendInitialEvents',
      options: { watch: 'true', resourceVersionMatch: 'NotOlderThan' },
      text: 'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    },
    {
      title: 'a watch by Exact',
      options: { watch: 'true', resourceVersionMatch: 'Exact' },
      text: '[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]',
    },
  ];

/** Label selectors that a server cannot read, and its words. */
const unreadable: readonly (readonly [selector: string, text: string])[] = [
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ['a in (', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
  ['a in x', "unable to parse requirement: found 'x' expected: '('"],
  ['a in (x', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['!', "unable to parse requirement: found '', expected: identifier"],
  ['a,', "found '', expected: identifier after ','"],
  ['=a', "found '=', expected: !, identifier, or 'end of string'"],
  ['a=b c', "found 'c', expected: ',' or 'end of string'"],
  [
    'a>x',
    `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
  ],
];

export const listOptions: readonly ContractCase[] = [
  ...refused.map(({ title, options, text }): ContractCase => ({
    title: `${title} is refused`,
    run: async (w) => {
      const answer = await w.api.call('GET', listOf(w, options));
      expectFailure(answer, 422, 'Invalid', {
        message: `ListOptions.meta.k8s.io "" is invalid: ${text}`,
        details: { group: 'meta.k8s.io', kind: 'ListOptions' },
      });
      expect(answer.body['details']).not.toHaveProperty('name');
    },
  })),
  ...unreadable.map(([selector, message]): ContractCase => ({
    title: `the label selector ${JSON.stringify(selector)} is BadRequest, in the server's words`,
    run: async (w) =>
      expectFailure(await w.api.call('GET', listOf(w, { labelSelector: selector })), 400, 'BadRequest', { message }),
  })),
  {
    title: 'a label selector by a value that no label can have is BadRequest',
    run: async (w) => {
      const answer = await w.api.call('GET', listOf(w, { labelSelector: 'a=b_' }));
      expectFailure(answer, 400, 'BadRequest');
      expect(textAt(answer.body, 'message')).toContain(
        'unable to parse requirement: values[0][a]: Invalid value: "b_": a valid label must be an empty string or consist of',
      );
    },
  },
  {
    title: 'a label selector by an empty value among others finds objects whose label is empty',
    run: async (w) => {
      const [empty, other] = [w.name(), w.name()];
      await w.given(w.core('configmaps'), w.configMap(empty, {}, { labels: { mark: '', of: empty } }));
      await w.given(w.core('configmaps'), w.configMap(other, {}, { labels: { mark: 'x', of: empty } }));
      expect(names(await w.get(listOf(w, { labelSelector: `mark in (,y),of=${empty}` })))).toEqual([empty]);
    },
  },
  {
    title: 'a field selector may say what a name is not',
    run: async (w) => {
      const [one, two] = [w.name(), w.name()];
      for (const name of [one, two])
        await w.given(w.core('configmaps'), w.configMap(name, {}, { labels: { pair: one } }));
      const query = {
        labelSelector: `pair=${one}`,
        fieldSelector: `metadata.name!=${one},metadata.namespace=${w.namespace}`,
      };
      expect(names(await w.get(listOf(w, query)))).toEqual([two]);
    },
  },
  {
    title: 'a limit that is not a number is BadRequest',
    run: async (w) =>
      expectFailure(await w.api.call('GET', listOf(w, { limit: 'many' })), 400, 'BadRequest', {
        message: 'strconv.ParseInt: parsing "many": invalid syntax',
      }),
  },
  {
    title:
      'a resourceVersion that is not a number is BadRequest for a list, and a failure without reason for an object',
    run: async (w) => {
      const fault = 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax';
      expectFailure(await w.api.call('GET', listOf(w, { resourceVersion: 'x' })), 400, 'BadRequest', {
        message: `invalid resource version: ${fault}`,
      });
      const single = await w.api.call('GET', `${w.core('configmaps', 'any')}?resourceVersion=x`);
      expectFailure(single, 500, undefined, { message: fault });
      expect(single.body).not.toHaveProperty('reason');
    },
  },
  {
    title: 'a list from version 0 is whole, whatever the limit',
    run: async (w) => {
      const label = w.name();
      for (let i = 0; i < 3; i++)
        await w.given(w.core('configmaps'), w.configMap(w.name(), {}, { labels: { whole: label } }));
      // Version 0 means: whatever the server remembers, which may be a moment old.
      const deadline = Date.now() + 5000;
      for (;;) {
        const list = await w.get(listOf(w, { labelSelector: `whole=${label}`, resourceVersion: '0', limit: '1' }));
        expect(at(list, 'metadata', 'continue')).toBeUndefined();
        if (names(list).length === 3 || Date.now() > deadline) return expect(names(list)).toHaveLength(3);
      }
    },
  },
  {
    title: 'a limit beside a resourceVersion shows the state of that version',
    run: async (w) => {
      const label = w.name();
      const first = await w.given(w.core('configmaps'), w.configMap(w.name(), {}, { labels: { limited: label } }));
      await w.given(w.core('configmaps'), w.configMap(w.name(), {}, { labels: { limited: label } }));
      const resourceVersion = textAt(first, 'metadata', 'resourceVersion');
      const list = await w.get(listOf(w, { labelSelector: `limited=${label}`, limit: '10', resourceVersion }));
      expect(names(list)).toEqual([textAt(first, 'metadata', 'name')]);
      expect(textAt(list, 'metadata', 'resourceVersion')).toBe(resourceVersion);
    },
  },
  {
    title: 'a list of a version that does not exist yet waits, and then says ResourceVersionTooLarge',
    run: async (w) => {
      const asked = Date.now();
      const answer = await w.api.call('GET', listOf(w, { resourceVersion: '999999999' }));
      expectFailure(answer, 504, 'Timeout', {
        details: {
          causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
          retryAfterSeconds: 1,
        },
      });
      expect(textAt(answer.body, 'message')).toMatch(/^Timeout: Too large resource version: 999999999, current: \d+$/);
      expect(answer.headers['retry-after']).toBe('1');
      expect(Date.now() - asked).toBeGreaterThan(2500);
    },
  },
  {
    title: 'a list of exactly a version that does not exist yet fails at once',
    run: async (w) => {
      const options = { resourceVersion: '999999999', resourceVersionMatch: 'Exact' };
      expectFailure(await w.api.call('GET', listOf(w, options)), 500, undefined, {
        message: 'etcdserver: mvcc: required revision is a future revision',
      });
    },
  },
];
