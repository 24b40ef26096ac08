import type { MessageName } from './descriptor.ts';
import type { Int64, SentInt64 } from './messages.ts';

/** Turns one kind of message into bytes and back. */
export interface Codec {
  readonly encode: (message: object) => Buffer;
  readonly decode: <T>(data: Uint8Array) => T;
}

export type Codecs = (name: MessageName) => Codec;

let loaded: Promise<Codecs> | undefined;

/** The codecs of all messages. The protobuf library is loaded, and its code made, at the first call. */
export function loadCodecs(): Promise<Codecs> {
  loaded ??= build();
  return loaded;
}

async function build(): Promise<Codecs> {
  const [{ default: protobuf }, { reflectionJson }] = await Promise.all([
    import('protobufjs/light.js'),
    import('./descriptor.ts'),
  ]);
  const root = protobuf.Root.fromJSON(reflectionJson());
  root.resolveAll();
  const codecs = new Map<string, Codec>();
  return (name) => {
    let codec = codecs.get(name);
    if (codec === undefined) {
      const type = root.lookupType(name);
      codec = {
        encode: (message) => type.encode(message).finish() as Buffer,
        decode: <T>(data: Uint8Array) => type.decode(data) as T,
      };
      codecs.set(name, codec);
    }
    return codec;
  };
}

/** The request and response of one method of the protocol. */
export interface Method<Request, Response> {
  readonly path: string;
  readonly request: MessageName;
  readonly response: MessageName;
  /** Never set: carries the types. */
  readonly types?: { readonly request: Request; readonly response: Response };
}

export function method<Request, Response>(
  path: string,
  request: MessageName,
  response: MessageName,
): Method<Request, Response> {
  return { path, request, response };
}

export type { Int64, SentInt64 };
