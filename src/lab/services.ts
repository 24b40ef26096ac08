import { GlobalctlError } from '../base/index.ts';

/** Names a service of the data centre and carries its type. Make one with `serviceKey`, beside the service's own type. */
export interface ServiceKey<T> {
  readonly name: string;
  /** Never present; ties the key to its type. */
  readonly type?: T;
}

export function serviceKey<T>(name: string): ServiceKey<T> {
  return { name };
}

/** What programs may ask of the data centre they run in. Filled before the first program starts. */
export class LabServices {
  readonly #values = new Map<string, unknown>();

  provide<T>(key: ServiceKey<T>, value: T): void {
    this.#values.set(key.name, value);
  }

  find<T>(key: ServiceKey<T>): T | undefined {
    return this.#values.get(key.name) as T | undefined;
  }

  /** Throws INTERNAL when nobody provided it: the data centre was put together wrongly. */
  get<T>(key: ServiceKey<T>): T {
    const value = this.find(key);
    if (value === undefined)
      throw new GlobalctlError('INTERNAL', { message: `the lab has no service ${key.name}`, subject: key.name });
    return value;
  }
}
