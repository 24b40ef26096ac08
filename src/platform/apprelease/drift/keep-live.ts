type Fields = Record<string, unknown>;

/**
 * Gives the field at `pointer` (RFC 6901; `*` stands for every element or key) of `wanted` the value that it has in `live`,
 * so that applying `wanted` leaves it as it is. A field that is only dropped could be taken away by server-side apply.
 * Elements of lists are matched by their `name`, else by place. `wanted` is changed.
 */
export function keepLive(wanted: Fields, live: Fields, pointer: string): void {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (steps.length > 0) keep(wanted, live, steps);
}

function keep(wanted: unknown, live: unknown, [step = '', ...rest]: readonly string[]): void {
  if (wanted === null || typeof wanted !== 'object') return;
  if (Array.isArray(wanted)) {
    for (const [i, item] of wanted.entries()) {
      if (step !== '*' && step !== String(i)) continue;
      const partner = partnerOf(item, i, live);
      // A whole element that is ignored and is not there any more stays as the manifest has it.
      if (rest.length > 0) keep(item, partner, rest);
      else if (partner !== undefined) wanted[i] = structuredClone(partner);
    }
    return;
  }
  const fields = wanted as Fields;
  const liveFields = live !== null && typeof live === 'object' ? (live as Fields) : {};
  for (const key of step === '*' ? Object.keys(fields) : [step]) {
    if (rest.length > 0) {
      keep(fields[key], liveFields[key], rest);
    } else if (key in liveFields) {
      fields[key] = structuredClone(liveFields[key]);
    } else {
      delete fields[key];
    }
  }
}

function partnerOf(item: unknown, index: number, live: unknown): unknown {
  if (!Array.isArray(live)) return undefined;
  const name = nameOf(item);
  return name === undefined ? live[index] : live.find((other) => nameOf(other) === name);
}

function nameOf(item: unknown): unknown {
  return item !== null && typeof item === 'object' ? (item as Fields)['name'] : undefined;
}
