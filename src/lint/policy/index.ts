// Which findings are said: rules chosen, left out or given another severity by flags and by the section `lint` of the site file,
// and comments in the manifest that ignore one finding with a reason.
export * from './apply-ignores.ts';
export * from './ignore-comments.ts';
export * from './settings.ts';
