import { createInterface } from 'node:readline/promises';
import { GlobalctlError } from '../../base/index.ts';
import type { App } from '../app.ts';
import { answerFault, offeredAnswer, providerNames } from './new-site.ts';
import { providerQuestion, siteQuestions, type SiteAnswers } from './questions.ts';

/** Why an answer will not do, or undefined. */
type Fault = (answer: string) => string | undefined;

/**
 * Completes the answers: on a terminal by asking for what no flag gave, elsewhere with the sample's values. An answer that its
 * field does not take is asked for again. Throws USAGE when the provider is not known and nobody can be asked.
 */
export async function ask(app: App, given: Partial<SiteAnswers>): Promise<SiteAnswers> {
  if (!app.stdin.isTTY) {
    if (given.provider !== undefined) return { ...given, provider: given.provider };
    throw new GlobalctlError('USAGE', {
      message: 'init needs to know the provider, and there is no terminal to ask on',
      expected: providerNames.join(', '),
      hint: 'Pass --provider.',
    });
  }
  // Questions go to stderr, so that the answer of --output - stays clean.
  const terminal = createInterface({ input: app.stdin, output: app.stderr, signal: app.signal });
  // Lines are kept until they are asked for: people type ahead and paste.
  const lines = terminal[Symbol.asyncIterator]();
  const question = async (text: string, offered: string, fault: Fault): Promise<string> => {
    for (;;) {
      terminal.setPrompt(`${text} [${offered}]: `);
      terminal.prompt();
      const line = await lines.next();
      if (line.done === true)
        throw new GlobalctlError('CANCELLED', { message: 'the questions were left open', hint: 'Run init again.' });
      const answer = line.value.trim() || offered;
      const problem = fault(answer);
      if (problem === undefined) return answer;
      app.note(`  ${problem}`);
    }
  };
  try {
    const provider =
      given.provider ??
      (await question(`${providerQuestion.text} (${providerNames.join(', ')})`, providerNames[0] ?? '', (answer) =>
        providerNames.includes(answer) ? undefined : `expected ${providerNames.join(', ')}`,
      ));
    const answers: Record<string, string | undefined> = {};
    for (const item of siteQuestions)
      answers[item.key] =
        given[item.key] ??
        (await question(item.text, offeredAnswer(provider, item), (answer) => answerFault(provider, item, answer)));
    return { ...answers, provider };
  } finally {
    terminal.close();
  }
}
