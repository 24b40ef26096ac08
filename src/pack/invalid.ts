import { GlobalctlError, type ErrorDetails } from '../base/index.ts';

/** PACKAGE_INVALID about a file or a place in it: `where` is said first and is the subject. */
export function packageInvalid(
  where: string,
  message: string,
  more: Pick<ErrorDetails, 'expected' | 'found' | 'hint' | 'cause'> = {},
): GlobalctlError {
  return new GlobalctlError('PACKAGE_INVALID', { message: `${where}: ${message}`, subject: where, ...more });
}
