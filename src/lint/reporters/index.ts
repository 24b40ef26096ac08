// The same findings for people, for programs, for code scanning and for the annotations of a pull request.
export * from './count.ts';
export { reportGithub } from './github.ts';
export { plainFinding, reportJson } from './json.ts';
export { reportSarif, type SarifEdit, type SarifRequest } from './sarif.ts';
export { reportText } from './text.ts';
