import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { GlobalctlError } from '../../base/index.ts';
import { digestOf, isDigest, isRepository, isTag, LONGEST_MANIFEST_BYTES, parseManifest } from '../../pack/index.ts';
import { RegistryRefusal, sendEmpty, sendJson } from './answers.ts';
import type { RegistryStore, Upload } from './store.ts';

/** One request, taken apart. */
export interface RegistryCall {
  readonly store: RegistryStore;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly repository: string;
  /** Last part of the path: a digest, a tag, an upload's id, or nothing. */
  readonly reference: string;
}

type Handler = (call: RegistryCall) => Promise<void>;

/** Which of the specification's endpoints a path means (end-1 to end-10), and its parts. */
export function matchRoute(
  path: string,
): { kind: keyof typeof handlers; repository: string; reference: string } | undefined {
  const match = /^\/v2\/(.+)\/(?:(blobs\/uploads)\/([^/]*)|(blobs|manifests)\/([^/]+)|(tags\/list))$/.exec(path);
  if (!match) return undefined;
  const [, repository = '', uploads, id = '', content, reference = ''] = match;
  if (uploads !== undefined) return { kind: 'uploads', repository, reference: id };
  if (content === 'blobs' || content === 'manifests')
    return { kind: content, repository, reference: decodeURIComponent(reference) };
  return { kind: 'tags', repository, reference: '' };
}

/** Checks the repository's name and runs the handler of kind and method. */
export async function handle(kind: keyof typeof handlers, call: RegistryCall): Promise<void> {
  if (!isRepository(call.repository)) throw new RegistryRefusal('NAME_INVALID', { name: call.repository });
  const handler = (handlers[kind] as Partial<Record<string, Handler>>)[call.request.method ?? ''];
  if (!handler) throw new RegistryRefusal('UNSUPPORTED');
  await handler(call);
}

async function getBlob({ store, request, response, repository, reference }: RegistryCall): Promise<void> {
  if (!isDigest(reference)) throw new RegistryRefusal('DIGEST_INVALID', { digest: reference });
  const size = await store.blobSize(repository, reference);
  if (size === undefined) throw new RegistryRefusal('BLOB_UNKNOWN', { digest: reference });
  const headers: Record<string, string> = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': reference,
    'accept-ranges': 'bytes',
    etag: `"${reference}"`,
  };
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(range?.[1] ?? 0);
  const end = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
  if (range && (start >= size || end < start)) throw new RegistryRefusal('RANGE_INVALID');
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'content-length': String(end - start + 1),
    ...(range && { 'content-range': `bytes ${String(start)}-${String(end)}/${String(size)}` }),
  });
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  await pipeline(store.readBlob(reference, { start, end }), response);
}

async function deleteBlob({ store, response, repository, reference }: RegistryCall): Promise<void> {
  if (!isDigest(reference) || !(await store.deleteBlob(repository, reference)))
    throw new RegistryRefusal('BLOB_UNKNOWN', { digest: reference });
  sendEmpty(response, 202);
}

/** Opens an upload; with `mount` and `from` links an existing blob instead, with `digest` takes the whole content at once. */
async function openUpload(call: RegistryCall): Promise<void> {
  const { store, request, response, url, repository } = call;
  const mount = url.searchParams.get('mount');
  const from = url.searchParams.get('from');
  if (isDigest(mount) && from !== null && isRepository(from) && (await store.mount(repository, mount, from))) {
    request.resume();
    sendCreated(call, mount);
    return;
  }
  const upload = await store.startUpload(repository);
  const digest = url.searchParams.get('digest');
  if (digest === null) {
    request.resume();
    sendEmpty(response, 202, uploadHeaders(upload));
  } else await endUpload(call, upload, digest);
}

function uploadHeaders(upload: Upload): Record<string, string> {
  return {
    location: `/v2/${upload.repository}/blobs/uploads/${upload.id}`,
    // The specification counts the last byte received; with none received the reference registry says 0-0.
    range: `0-${String(Math.max(0, upload.sizeBytes - 1))}`,
    'docker-upload-uuid': upload.id,
  };
}

function sendCreated(
  { response, repository }: RegistryCall,
  digest: string,
  kind: 'blobs' | 'manifests' = 'blobs',
): void {
  sendEmpty(response, 201, { location: `/v2/${repository}/${kind}/${digest}`, 'docker-content-digest': digest });
}

function uploadOf({ store, repository, reference }: RegistryCall): Upload {
  const upload = store.findUpload(repository, reference);
  if (!upload) throw new RegistryRefusal('BLOB_UPLOAD_UNKNOWN', { uuid: reference });
  if (upload.writing) throw new RegistryRefusal('BLOB_UPLOAD_INVALID', 'another request is writing to this upload');
  return upload;
}

/** A chunk must begin where the last one ended. */
function checkRange(request: IncomingMessage, upload: Upload): void {
  const range = /^(?:bytes[ =])?(\d+)-(\d+)/.exec(request.headers['content-range'] ?? '');
  if (range && Number(range[1]) !== upload.sizeBytes)
    throw new RegistryRefusal('RANGE_INVALID', { expected: upload.sizeBytes });
}

async function appendUpload(call: RegistryCall): Promise<void> {
  const upload = uploadOf(call);
  checkRange(call.request, upload);
  await call.store.append(upload, call.request);
  sendEmpty(call.response, 202, uploadHeaders(upload));
}

async function finishUpload(call: RegistryCall): Promise<void> {
  const upload = uploadOf(call);
  checkRange(call.request, upload);
  await endUpload(call, upload, call.url.searchParams.get('digest') ?? '');
}

async function endUpload(call: RegistryCall, upload: Upload, digest: string): Promise<void> {
  if (!isDigest(digest)) {
    await call.store.abandon(upload);
    throw new RegistryRefusal('DIGEST_INVALID', { digest });
  }
  try {
    await call.store.append(upload, call.request);
  } catch (error) {
    // The connection broke inside the last request: what it sent cannot be told apart, so the upload starts over.
    await call.store.abandon(upload);
    throw error;
  }
  if (!(await call.store.finish(upload, digest))) throw new RegistryRefusal('DIGEST_INVALID', { digest });
  sendCreated(call, digest);
}

/** A client that asks has lost its connection, whose end may not have been seen here yet: what is being written is awaited. */
async function uploadStatus(call: RegistryCall): Promise<void> {
  await call.store.findUpload(call.repository, call.reference)?.writing;
  sendEmpty(call.response, 204, uploadHeaders(uploadOf(call)));
}

async function cancelUpload(call: RegistryCall): Promise<void> {
  await call.store.abandon(uploadOf(call));
  sendEmpty(call.response, 204);
}

async function getManifest({ store, response, request, repository, reference }: RegistryCall): Promise<void> {
  const manifest =
    isDigest(reference) || isTag(reference) ? await store.findManifest(repository, reference) : undefined;
  if (!manifest) throw new RegistryRefusal('MANIFEST_UNKNOWN', { name: repository, tag: reference });
  response.writeHead(200, {
    'content-type': manifest.mediaType,
    'content-length': String(manifest.bytes.length),
    'docker-content-digest': manifest.digest,
    etag: `"${manifest.digest}"`,
  });
  response.end(request.method === 'HEAD' ? undefined : manifest.bytes);
}

/** A manifest may only point at what the repository holds: a tag never leads to a hole. */
async function putManifest(call: RegistryCall): Promise<void> {
  const { store, request, repository, reference } = call;
  const bytes = await readManifestBody(request);
  const digest = digestOf(bytes);
  if (reference.startsWith('sha256:') ? reference !== digest : !isTag(reference))
    throw new RegistryRefusal(reference.startsWith('sha256:') ? 'DIGEST_INVALID' : 'TAG_INVALID', { tag: reference });
  let manifest;
  try {
    manifest = parseManifest(bytes, repository, request.headers['content-type']?.split(';')[0]);
  } catch (error) {
    throw new RegistryRefusal('MANIFEST_INVALID', error instanceof GlobalctlError ? error.message : undefined);
  }
  for (const blob of manifest.blobs)
    if ((await store.blobSize(repository, blob.digest)) === undefined)
      throw new RegistryRefusal('MANIFEST_BLOB_UNKNOWN', { digest: blob.digest });
  for (const child of manifest.manifests)
    if (!(await store.findManifest(repository, child.digest)))
      throw new RegistryRefusal('MANIFEST_BLOB_UNKNOWN', { digest: child.digest });
  const stored = { digest, mediaType: manifest.descriptor.mediaType, bytes };
  await store.putManifest(repository, stored, reference === digest ? undefined : reference);
  sendCreated(call, digest, 'manifests');
}

async function readManifestBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LONGEST_MANIFEST_BYTES) throw new RegistryRefusal('SIZE_INVALID');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function deleteManifest({ store, response, repository, reference }: RegistryCall): Promise<void> {
  const done = isDigest(reference)
    ? await store.deleteManifest(repository, reference)
    : isTag(reference) && (await store.deleteTag(repository, reference));
  if (!done) throw new RegistryRefusal('MANIFEST_UNKNOWN', { name: repository, tag: reference });
  sendEmpty(response, 202);
}

async function listTags({ store, response, url, repository }: RegistryCall): Promise<void> {
  const tags = await store.tags(repository);
  if (!tags) throw new RegistryRefusal('NAME_UNKNOWN', { name: repository });
  const { page, headers } = pageOf(tags, url);
  sendJson(response, 200, { name: repository, tags: page }, headers);
}

export async function listRepositories(store: RegistryStore, response: ServerResponse, url: URL): Promise<void> {
  const { page, headers } = pageOf(await store.repositories(), url);
  sendJson(response, 200, { repositories: page }, headers);
}

/** `n` items after `last`, with the Link header that leads to the next page. */
function pageOf(items: readonly string[], url: URL): { page: string[]; headers: Record<string, string> } {
  const limit = url.searchParams.has('n') ? Number(url.searchParams.get('n')) : Infinity;
  const last = url.searchParams.get('last');
  const rest = last === null ? [...items] : items.filter((item) => item > last);
  if (!(limit < rest.length)) return { page: rest, headers: {} };
  const page = rest.slice(0, Math.max(0, limit));
  const query = new URLSearchParams({ n: String(limit), last: page.at(-1) ?? '' }).toString();
  return { page, headers: { link: `<${url.pathname}?${query}>; rel="next"` } };
}

const handlers = {
  blobs: { GET: getBlob, HEAD: getBlob, DELETE: deleteBlob },
  uploads: { POST: openUpload, PATCH: appendUpload, PUT: finishUpload, GET: uploadStatus, DELETE: cancelUpload },
  manifests: { GET: getManifest, HEAD: getManifest, PUT: putManifest, DELETE: deleteManifest },
  tags: { GET: listTags },
} satisfies Record<string, Partial<Record<string, Handler>>>;
