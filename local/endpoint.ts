import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a caller sent: method, path with query, lower-case headers, and the whole body. */
export interface EndpointRequest {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
  /** Aborted when the caller goes away before it was answered. */
  signal: AbortSignal;
}

/** What to answer; a string body is sent as UTF-8. */
export interface EndpointResponse {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** A server that listens on the loopback address. */
export interface Endpoint {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Refuses new connections, ends the open ones and resolves when the port is free. */
  close(): Promise<void>;
}

/** A fault that an AWS service would answer: `name` is its error code, `statusCode` the HTTP status. */
export class AwsFault extends Error {
  override readonly name: string;
  readonly statusCode: number;

  constructor(name: string, message: string, statusCode = 400) {
    super(message);
    this.name = name;
    this.statusCode = statusCode;
  }
}

/** The header in which the SDK sends a session token; the run's random key travels in it. */
const KEY_HEADER = 'x-amz-security-token';

const MIB = 1024 * 1024;

/**
 * Starts one of the local AWS endpoints on 127.0.0.1, on a port that the system picks.
 *
 * An open port would give every local user SQL on Nova, so a request without the run's key is answered 403 before
 * its body is read. The SDK clients carry the key as their session token. Faults become AWS's JSON error shape.
 */
export async function startEndpoint(options: {
  key: string;
  handle: (request: EndpointRequest) => Promise<EndpointResponse>;
  /** The largest body that is read; a larger one is answered with `tooLarge`. */
  maxRequestBytes?: number;
  tooLarge?: () => AwsFault;
}): Promise<Endpoint> {
  const { key, handle, maxRequestBytes = 6 * MIB } = options;
  const tooLarge = options.tooLarge ?? (() => new AwsFault('RequestEntityTooLargeException', 'Request too large', 413));

  const answer = async (request: IncomingMessage, signal: AbortSignal): Promise<EndpointResponse> => {
    if (!holdsKey(request.headers[KEY_HEADER], key)) {
      request.resume();
      return faultResponse(new AwsFault('AccessDeniedException', 'This endpoint belongs to another run', 403));
    }
    try {
      const body = await readBody(request, maxRequestBytes, tooLarge);
      const { method = '', url = '/', headers } = request;
      return await handle({ method, url, headers, body, signal });
    } catch (error) {
      if (error instanceof AwsFault) return faultResponse(error);
      // The message of an unforeseen error may quote anything, a URL with its password too: it is not passed on.
      return faultResponse(new AwsFault('InternalServerError', 'The local endpoint failed unexpectedly', 500));
    }
  };

  const server = createServer((request, response) => {
    const gone = new AbortController();
    // Not where it was answered: an abort takes a tenth of a request's time, for the stack of its reason.
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    void answer(request, gone.signal).then(({ status, headers, body }) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(body);
    });
  });
  // The SDK keeps connections alive; the default 5 s would reset one now and then under an idle client.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** AWS's JSON error: the code in `__type` and in a header, the text in `message`. */
export function faultResponse(fault: AwsFault): EndpointResponse {
  return {
    status: fault.statusCode,
    headers: { 'x-amzn-errortype': fault.name },
    body: JSON.stringify({ __type: fault.name, message: fault.message }),
  };
}

function holdsKey(header: string | string[] | undefined, key: string): boolean {
  if (typeof header !== 'string') return false;
  const given = Buffer.from(header);
  const wanted = Buffer.from(key);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function readBody(request: IncomingMessage, maxBytes: number, tooLarge: () => AwsFault): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // What is too large is read to its end but not kept: a caller that is still sending would see a reset connection.
    if (size <= maxBytes) chunks.push(chunk);
  }
  if (size > maxBytes) throw tooLarge();
  return Buffer.concat(chunks);
}
