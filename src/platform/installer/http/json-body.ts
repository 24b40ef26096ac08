import { repeatedKeys } from '../../../base/index.ts';
import { pointerOf, type RequestFault } from '../request.ts';

/** Where a text repeats more, somebody plays: the answer must not grow with it. */
const MOST_FAULTS = 20;

/** What a body holds. A parser takes the last of keys that occur twice, and who sent it may have meant the first. */
export interface JsonBody {
  readonly value: unknown;
  /** The first of the keys that occur twice. */
  readonly faults: readonly RequestFault[];
}

/** The JSON of a body. Throws a plain error with status 400, whose text quotes nothing: what was sent holds passwords. */
export function parseJsonBody(bytes: Buffer): JsonBody {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text) as unknown;
  } catch {
    throw Object.assign(new Error('not JSON'), { statusCode: 400 });
  }
  const pointers = new Set<string>();
  for (const path of repeatedKeys(text)) {
    pointers.add(pointerOf(path));
    if (pointers.size === MOST_FAULTS) break;
  }
  return { value, faults: [...pointers].map((pointer) => ({ pointer, message: 'occurs more than once' })) };
}
