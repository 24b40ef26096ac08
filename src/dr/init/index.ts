// Two site files from one: what both sides share stays, what each must have to itself is derived and marked. Pure.
export { pairTexts, type DerivedField, type PairRequest, type PairTexts } from './pair-texts.ts';
