/** What built-in kinds and their fields mean, in a sentence each, for `kubectl explain`. In our own words. Parsed when first asked for. */
export { descriptions, fieldDescription, typeDescription } from './describe.ts';
