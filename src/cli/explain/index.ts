// What `globalctl explain` knows: fields and variables from the schema of the site, error codes from their registry,
// rules from the rules themselves.
// It holds no texts of its own but for the variables of the guide that need no field.
import type { OutputFormat } from '../app.ts';
import { findTopics } from './find-topic.ts';
import { formatTopic } from './format-topic.ts';

/** The answer for a name, as text or as a JSON list of topics. Throws USAGE for a name that stands for nothing. */
export function explain(name: string, output: OutputFormat): string {
  const topics = findTopics(name);
  return output === 'json' ? JSON.stringify(topics, undefined, 2) : topics.map(formatTopic).join('\n\n');
}
