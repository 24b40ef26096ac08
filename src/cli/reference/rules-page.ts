import { errorCodes } from '../../base/index.ts';
import { allRules, type ListedRule } from '../../lint/rule-list.ts';

/** docs/rules.md: every rule with what it asks, why, its cure, where the guide says so, and its examples. */
export function rulesPage(): string {
  const codes = [...new Set(allRules().map(({ rule }) => rule.code))].toSorted();
  const rows = codes.map((code) => {
    const rules = rulesOf(code);
    return `| [\`${code}\`](#${code.toLowerCase()}) | ${severities(rules)} | ${scopes(rules)} | ${rules.some(({ rule }) => rule.fix !== undefined) ? 'yes' : ''} | ${cell(errorCodes[code].title)} |`;
  });
  return `# Rules

Generated from the rules; do not edit. \`globalctl explain RULE\` shows the same in the terminal.

\`globalctl lint\` runs them over manifests, AppReleases, the import ConfigMap and the installer request, whoever wrote them;
\`validate\`, \`render\` and \`install\` run the same ones over what they render. A rule stands for one kind of mistake; several
providers can have it in their own kinds. Examples are parts of a complete manifest: only what matters is shown.

| Rule | Severity | Looks at | \`--fix\` | Mistake |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

${codes.map(section).join('\n\n')}
`;
}

function rulesOf(code: string): ListedRule[] {
  return allRules().filter(({ rule }) => rule.code === code);
}

function severities(rules: readonly ListedRule[]): string {
  return [...new Set(rules.map(({ rule }) => rule.severity))].join(', ');
}

/** Whose objects the rules of one code look at, in words. */
export function scopes(rules: readonly ListedRule[]): string {
  const words = { global: 'the global cluster', workload: 'workload clusters', every: 'every object' } as const;
  const providers = [...new Set(rules.flatMap(({ provider }) => provider?.title ?? []))];
  const where = [...new Set(rules.map(({ rule }) => words[rule.appliesTo ?? 'global']))].join(', ');
  return rules.every(({ provider }) => provider !== undefined) ? `${where} on ${providers.join(', ')}` : where;
}

function section(code: ListedRule['rule']['code']): string {
  const { title, cure } = errorCodes[code];
  return [`## ${code}`, `${title}.`, `Cure: ${cure}`, ...rulesOf(code).map(ruleText)].join('\n\n');
}

function ruleText({ rule, provider }: ListedRule): string {
  const lines = [
    `- ${provider ? `**${provider.title}.** ` : ''}${rule.what}`,
    `  - Why: ${rule.why}`,
    `  - Guide: ${rule.guide}`,
    ...(rule.fix === undefined ? [] : [`  - \`--fix\`: ${rule.fix}`]),
  ].map((line) => line.replaceAll('<', '&lt;'));
  const { example } = rule;
  if (!example) return lines.join('\n');
  return [lines.join('\n'), fence('Found', example.bad), fence('Right', example.good)].join('\n\n');
}

function fence(title: string, text: string): string {
  return `${title}:\n\n\`\`\`yaml\n${text.trimEnd()}\n\`\`\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
