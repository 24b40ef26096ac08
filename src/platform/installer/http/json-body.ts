/** The JSON of a body. Throws a plain error with status 400, whose text quotes nothing: what was sent holds passwords. */
export function parseJsonBody(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw Object.assign(new Error('not JSON'), { statusCode: 400 });
  }
}
