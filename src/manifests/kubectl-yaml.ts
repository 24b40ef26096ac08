import type { DocumentOptions, ParseOptions, ScalarTag, SchemaOptions } from 'yaml';

/** Words that YAML 1.1, and with it kubectl, reads as booleans; true and false are in the core schema already. */
const booleanWord: ScalarTag = {
  identify: () => false,
  default: true,
  tag: 'tag:yaml.org,2002:bool',
  test: /^(?:[yYnN]|[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF)$/,
  resolve: (text) => /^(?:y|on)/i.test(text),
};

/** `0644` is 420, `0b11` is 3, `1_000` is 1000. */
const oldInteger: ScalarTag = {
  identify: () => false,
  default: true,
  tag: 'tag:yaml.org,2002:int',
  test: /^[-+]?(?:0[0-7_]+|0b[01_]+|[1-9][0-9]*_[0-9_]*)$/,
  resolve: (text) => {
    const [, sign = '', digits = ''] = /^([-+]?)(.*)$/.exec(text.replaceAll('_', '')) ?? [];
    const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
    return sign === '-' ? -value : value;
  },
};

/**
 * How kubectl reads YAML: YAML 1.2 with the booleans, octal and binary numbers and merge keys of 1.1 (seen with kubectl 1.35; its
 * library is sigs.k8s.io/yaml). Whether keys are unique is left to the caller: the library compares each with all before it.
 */
export const kubectlYaml = {
  merge: true,
  uniqueKeys: false,
  prettyErrors: false,
  // A key that is a map, such as an unquoted {{ token }}, would be warned of on stderr.
  logLevel: 'error',
  customTags: (tags) => [booleanWord, oldInteger, ...tags],
} satisfies ParseOptions & DocumentOptions & SchemaOptions;
