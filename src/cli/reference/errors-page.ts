import { errorCodes, exitCodes, type ErrorCodeEntry } from '../../base/index.ts';

/** docs/errors.md: exit codes, and every error code with its class, HTTP status, meaning and cure. */
export function errorsPage(): string {
  const entries: readonly (readonly [string, ErrorCodeEntry])[] = Object.entries(errorCodes);
  const rows = entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, { class: failure, httpStatus, title, cure }]) =>
        `| \`${code}\` | ${failure} (${String(exitCodes[failure])}) | ${String(httpStatus)} | ${cell(title)} | ${cell(cure)} |`,
    );
  return `# Errors

Generated from the registry of error codes; do not edit. \`globalctl explain CODE\` shows the same in the terminal.

## Exit codes

| Exit code | Class |
| --- | --- |
${Object.entries(exitCodes)
  .map(([name, code]) => `| ${String(code)} | ${name} |`)
  .join('\n')}

## Codes

| Code | Class (exit code) | HTTP status | Meaning | Cure |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
