import { slip, isRecord, type ObjectsRule } from '../../providers/index.ts';

export const secretForm: ObjectsRule = {
  code: 'MANIFEST_SECRET',
  severity: 'error',
  what: 'A Secret has each key once, in data as base64 or in stringData as plain text.',
  why: 'Seen as a login that fails: stringData silently wins over data, and text in data that only looks like base64 becomes another password.',
  guide: 'Step 4',
  needsProvider: false,
  appliesTo: 'every',
  example: slip(
    `kind: Secret
metadata:
  name: global-dcs-credentials
stringData:
  authUser: globalctl
`,
    'name: global-dcs-credentials',
    `name: global-dcs-credentials
data:
  authUser: Z2xvYmFsY3Rs`,
  ),
  *check({ ofKind }) {
    for (const at of ofKind('Secret')) {
      const { data, stringData } = at.object;
      const plain = isRecord(stringData) ? stringData : {};
      for (const [key, value] of Object.entries(isRecord(data) ? data : {})) {
        if (Object.hasOwn(plain, key))
          yield {
            at,
            path: ['stringData', key],
            message: `${key} stands in data and in stringData`,
            expected: 'one of the two',
            found: 'both',
          };
        // Values are not shown; a guide variable is the matter of another rule.
        if (typeof value !== 'string' || (!/[<$]/.test(value) && !isBase64(value)))
          yield {
            at,
            path: ['data', key],
            message: `${key} in data is no base64`,
            expected: 'base64 in data, or plain text in stringData',
            found: 'another text',
          };
        else if (/^[^\n]*\n$/.test(Buffer.from(value, 'base64').toString('utf8')) && !key.includes('.'))
          yield {
            at,
            path: ['data', key],
            severity: 'warning',
            message: `${key} ends with a newline, which becomes a part of the value`,
            expected: "the output of printf '%s' VALUE | base64",
            found: 'a newline at the end',
          };
      }
      for (const [key, value] of Object.entries(plain))
        if (typeof value !== 'string')
          yield {
            at,
            path: ['stringData', key],
            message: `${key} is no text`,
            expected: 'text in quotes',
            found: typeof value,
          };
    }
  },
};

function isBase64(text: string): boolean {
  const bare = text.replace(/\s/g, '');
  return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare);
}
