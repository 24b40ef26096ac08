import { siteParts } from '../../providers/site-parts.ts';
import type { RulePart, Topic } from './find-topic.ts';

/** A topic as the lines that a terminal shows. */
export function formatTopic(topic: Topic): string {
  switch (topic.type) {
    case 'error':
      return lines(topic.code, topic.title, [
        ['cure', topic.cure],
        ['class', `${topic.class}, exit code ${String(topic.exitCode)}, HTTP status ${String(topic.httpStatus)}`],
      ]);
    case 'rule':
      return [
        lines(topic.code, topic.title, [
          ['cure', topic.cure],
          ['class', `${topic.class}, exit code ${String(topic.exitCode)}`],
        ]),
        ...topic.rules.map(ruleText),
      ].join('\n\n');
    case 'variable':
      return lines(topic.name, topic.description, [['field', 'none; there is nothing to fill in']]);
    case 'field': {
      const everywhere = topic.providers.length === siteParts.length;
      return lines(topic.path, topic.description, [
        ['value', topic.value],
        ['default', topic.default],
        ['guide', topic.guideVariables.join(', ')],
        ['provider', everywhere ? '' : topic.providers.join(', ')],
        ['fields', topic.fields.map((path) => `\n    ${path}`).join('')],
      ]);
    }
  }
}

function ruleText({ provider, severity, appliesTo, what, why, guide, fix, example }: RulePart): string {
  const whose = { global: 'the global cluster', workload: 'workload clusters', every: 'every object' }[appliesTo] ?? '';
  const indented = (text: string): string => `\n${text.trimEnd().replace(/^/gm, '    ')}`;
  return lines(provider === undefined ? 'Rule' : `Rule of provider ${provider}`, what, [
    ['why', why],
    ['severity', severity],
    ['looks at', whose],
    ['guide', guide],
    ['--fix', fix ?? ''],
    ['found', example ? indented(example.bad) : ''],
    ['right', example ? indented(example.good) : ''],
  ]);
}

function lines(title: string, text: string, facts: readonly (readonly [name: string, text: string])[]): string {
  const shown = facts.filter(([, fact]) => fact !== '');
  const width = Math.max(...shown.map(([name]) => name.length)) + 1;
  const shownLines = shown.map(([name, fact]) => `  ${`${name}:`.padEnd(width)} ${fact}`);
  return [title, `  ${text}`, ...shownLines].join('\n').replaceAll(/ +$/gm, '');
}
