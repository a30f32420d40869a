import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AwsFault, type Endpoint, type EndpointRequest, type EndpointResponse, startEndpoint } from './endpoint.ts';

const MIB = 1024 * 1024;

/** What the SDK adds to every request, and the headers that describe a body which is stored as it is. */
const AMZ_HEADERS = new Set([
  'x-amz-checksum-crc32',
  'x-amz-checksum-mode',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-security-token',
  'x-amz-user-agent',
]);
const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'range'];

/**
 * Plays S3 on this computer: GetObject and PutObject, path style, on one bucket whose keys are files under a directory.
 *
 * Only the bytes of an object are kept, no metadata. A write is seen whole or not at all. Other operations, conditions,
 * ranges and options are refused by name; so are keys that are no plain relative path, which S3 itself would take.
 * @param options.key the run's key, without which a caller is answered 403
 * @param options.directory where the objects are; folders in it are made when needed, readable by this user alone
 * @param options.bucket the name of the only bucket
 */
export function startS3(options: { key: string; directory: string; bucket: string }): Promise<Endpoint> {
  return startEndpoint({
    key: options.key,
    maxRequestBytes: 64 * MIB,
    tooLarge: () => new AwsFault('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', 400),
    handle: async (request) => {
      try {
        return await answer(request, options);
      } catch (error) {
        if (error instanceof AwsFault) return xmlFault(error);
        throw error;
      }
    },
  });
}

async function answer(
  request: EndpointRequest,
  { directory, bucket }: { directory: string; bucket: string },
): Promise<EndpointResponse> {
  const url = new URL(request.url, 'http://127.0.0.1');
  refuseUnknown(request, url.searchParams);
  const [name = '', ...segments] = pathSegments(request.url);
  if (name !== bucket) throw new AwsFault('NoSuchBucket', 'The specified bucket does not exist', 404);
  const file = join(directory, ...keySegments(segments));
  return request.method === 'PUT' ? put(file, request.body) : get(file);
}

async function get(file: string): Promise<EndpointResponse> {
  try {
    const body = await readFile(file);
    return { status: 200, headers: { 'content-type': 'binary/octet-stream', etag: etag(body) }, body };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') {
      throw new AwsFault('NoSuchKey', 'The specified key does not exist.', 404);
    }
    throw error;
  }
}

async function put(file: string, body: Buffer): Promise<EndpointResponse> {
  const unfinished = `${file}.${randomUUID()}.part`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    await writeFile(unfinished, body, { mode: 0o600 });
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  return { status: 200, headers: { etag: etag(body) } };
}

/** S3 gives the MD5 of a small object as its ETag; nothing here relies on it for safety. */
function etag(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

function refuseUnknown({ method, headers }: EndpointRequest, query: URLSearchParams): void {
  const refuse = (what: string) => {
    throw new AwsFault('NotImplemented', `${what} is not implemented here, only GetObject and PutObject are`, 501);
  };
  const operation = query.get('x-id');
  if (operation ? !['GetObject', 'PutObject'].includes(operation) : !['GET', 'PUT'].includes(method)) {
    refuse(operation ?? method);
  }
  for (const name of query.keys()) if (name !== 'x-id') refuse(`The query ${name}`);
  for (const name of Object.keys(headers)) {
    if ((name.startsWith('x-amz-') && !AMZ_HEADERS.has(name)) || CONDITIONS.includes(name)) {
      refuse(`The header ${name}`);
    }
  }
  if (headers['content-encoding'] !== undefined) refuse('A content-encoding (of a streamed body)');
}

/** Not the URL class's `pathname`: it would resolve `..` before the key could be refused. */
function pathSegments(url: string): string[] {
  const [path = ''] = url.split('?');
  try {
    return path.slice(1).split('/').map(decodeURIComponent);
  } catch {
    throw new AwsFault('InvalidURI', "Couldn't parse the specified URI.");
  }
}

function keySegments(segments: string[]): string[] {
  if (segments.length === 0) throw new AwsFault('NotImplemented', 'A bucket cannot be listed here', 501);
  for (const segment of segments) {
    if (['', '.', '..'].includes(segment) || /[/\\\0]/.test(segment)) {
      throw new AwsFault('NotImplemented', 'A key that is no plain relative path is not implemented here', 501);
    }
  }
  return segments;
}

function xmlFault(fault: AwsFault): EndpointResponse {
  const text = fault.message.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return {
    status: fault.statusCode,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${fault.name}</Code><Message>${text}</Message></Error>`,
  };
}
