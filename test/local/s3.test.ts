import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Endpoint } from '../../local/endpoint.ts';
import { startS3 } from '../../local/s3.ts';

describe('S3 on one computer', () => {
  let directory: string;
  let endpoint: Endpoint;
  let client: S3Client;
  const Bucket = 'results';
  const clientWith = (key: string) =>
    new S3Client({
      region: 'us-east-1',
      endpoint: endpoint.url,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: key },
    });
  const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket, Key, Body }));
  const get = async (Key: string) =>
    (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cellmap-s3-'));
    endpoint = await startS3({ key: 'the key', directory: join(directory, 'objects'), bucket: Bucket });
    client = clientWith('the key');
    await writeFile(join(directory, 'outside'), 'secret');
  });
  afterAll(async () => {
    client.destroy();
    await endpoint.close();
    await rm(directory, { recursive: true });
  });

  it('gives back what was put, as a file that only its owner can read', async () => {
    await put('runs/r 1/cellü.json', '{"ü":1}');
    expect(await get('runs/r 1/cellü.json')).toBe('{"ü":1}');
    const file = join(directory, 'objects/runs/r 1/cellü.json');
    expect(await readFile(file, 'utf8')).toBe('{"ü":1}');
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  it('replaces an object and leaves no unfinished file', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => put('runs/r2/result.json', `${n}`.repeat(100_000))));
    const body = await get('runs/r2/result.json');
    expect(new Set(body).size).toBeLessThanOrEqual(2);
    expect(await readdir(join(directory, 'objects/runs/r2'))).toEqual(['result.json']);
  });

  it.each(['runs/none.json', 'runs/r2', 'runs/r2/result.json/x'])('answers NoSuchKey for %s', async (Key) => {
    await put('runs/r2/result.json', '{}');
    await expect(get(Key)).rejects.toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
  });

  it('answers NoSuchBucket for another bucket', async () => {
    const other = client.send(new GetObjectCommand({ Bucket: 'other', Key: 'k' }));
    await expect(other).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });

  it.each(['../outside', 'a/../../outside', 'a//b', './a', 'a/', '..\\outside'])('refuses the key %s', async (Key) => {
    const refusal = { name: 'NotImplemented', message: expect.stringContaining('plain relative path') };
    await expect(get(Key)).rejects.toMatchObject(refusal);
    await expect(put(Key, 'x')).rejects.toMatchObject(refusal);
    expect(await readFile(join(directory, 'outside'), 'utf8')).toBe('secret');
  });

  it.each(['..%2Foutside', '%2e%2e/outside', '../outside', '%00'])('refuses the path /results/%s', async (path) => {
    // fetch and the SDK resolve such a path before they send it.
    const status = await new Promise((resolve) => {
      const options = { path: `/results/${path}`, headers: { 'x-amz-security-token': 'the key' } };
      request(endpoint.url, options, (response) => resolve(response.resume().statusCode)).end();
    });
    expect(status).toBe(501);
  });

  it('refuses a streamed body, whose chunks carry signatures', async () => {
    const response = await fetch(`${endpoint.url}/results/k`, {
      method: 'PUT',
      headers: { 'x-amz-security-token': 'the key', 'content-encoding': 'aws-chunked' },
      body: 'x',
    });
    expect(response.status).toBe(501);
    expect(await response.text()).toContain('<Code>NotImplemented</Code><Message>A content-encoding');
  });

  it.each([
    ['DeleteObject', () => client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }))],
    ['list-type', () => client.send(new ListObjectsV2Command({ Bucket }))],
    ['range', () => client.send(new GetObjectCommand({ Bucket, Key: 'k', Range: 'bytes=0-1' }))],
    ['if-none-match', () => client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', IfNoneMatch: '*' }))],
    ['x-amz-meta-a', () => client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', Metadata: { a: 'b' } }))],
    ['versionId', () => client.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: '1' }))],
  ])('refuses %s by name', async (name, send: () => Promise<unknown>) => {
    await expect(send()).rejects.toMatchObject({ name: 'NotImplemented', message: expect.stringContaining(name) });
  });

  it('refuses HeadObject', async () => {
    const head = client.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
    await expect(head).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
  });

  it('answers 403 to another key', async () => {
    const stranger = clientWith('another key');
    const answer = stranger.send(new GetObjectCommand({ Bucket, Key: 'runs/r2/result.json' }));
    await expect(answer).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    stranger.destroy();
  });
});
