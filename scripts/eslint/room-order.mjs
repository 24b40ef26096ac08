// The two laws of ARCHITECTURE.md as a lint rule: arrows between the rooms of src/ point one way, and nothing but cli/ (and
// tests) imports lab/.
import { dirname, relative, resolve, sep } from 'node:path';

/** Which rooms each room may import; a room may always import itself. */
const mayImport = {
  base: [],
  site: ['base'],
  kube: ['base'],
  providers: ['site', 'kube', 'base'],
  manifests: ['providers', 'site', 'kube', 'base'],
  lint: ['manifests', 'providers', 'site', 'kube', 'base'],
  pack: ['base'],
  etcd: ['base'],
  observe: ['kube', 'providers', 'site', 'base'],
  install: ['manifests', 'lint', 'pack', 'kube', 'observe', 'providers', 'site', 'base'],
  dr: ['install', 'etcd', 'observe', 'lint', 'manifests', 'pack', 'kube', 'providers', 'site', 'base'],
  platform: ['etcd', 'pack', 'kube', 'base'],
  lab: ['platform', 'etcd', 'pack', 'kube', 'base'],
  console: ['install', 'dr', 'observe', 'lint', 'site', 'base'],
};

export const roomOrder = {
  meta: {
    type: 'problem',
    docs: { description: 'Imports between rooms follow the order of ARCHITECTURE.md' },
    schema: [{ type: 'object', properties: { root: { type: 'string' } }, additionalProperties: false }],
    messages: {
      wrongWay: '{{from}}/ may not import {{to}}/ (ARCHITECTURE.md, law 1: arrows point one way)',
      lab: '{{from}}/ may not import lab/ (ARCHITECTURE.md, law 2: only cli/ and tests know the lab)',
    },
  },
  create(context) {
    const src = resolve(context.options[0]?.root ?? context.cwd, 'src');
    const roomOf = (path) => {
      const inside = relative(src, path);
      return inside.startsWith('..') ? undefined : inside.split(sep)[0];
    };
    const from = roomOf(context.filename);
    const isTest = /\.test\.tsx?$/.test(context.filename);
    if (from === undefined || from === 'cli') return {};
    const check = (node) => {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string' || !specifier.startsWith('.')) return;
      const to = roomOf(resolve(dirname(context.filename), specifier));
      if (to === undefined || to === from) return;
      if (to === 'lab' && from !== 'lab') {
        if (!isTest) context.report({ node, messageId: 'lab', data: { from } });
        return;
      }
      if (isTest) return;
      if (!(mayImport[from] ?? []).includes(to)) context.report({ node, messageId: 'wrongWay', data: { from, to } });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};
