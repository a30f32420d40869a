import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A CloudFormation that knows one stack, or gives one answer to everything. */
export interface CloudFormation {
  url: string;
  /** The bodies of the requests. */
  asked: string[];
  close(): Promise<void>;
}

/** Starts it on 127.0.0.1, in the protocol that the SDK speaks with CloudFormation. */
export async function startCloudFormation(answer: () => { status: number; body: string }): Promise<CloudFormation> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    asked.push(text);
    const { status, body } = answer();
    response.writeHead(status, { 'content-type': 'text/xml', connection: 'close' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What it answers of a stack with these outputs. */
export function stackWith(outputs: Record<string, string>): { status: number; body: string } {
  const members = Object.entries(outputs)
    .map(([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`)
    .join('');
  const body = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>prod</StackName><Outputs>${members}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
  return { status: 200, body };
}

/** An error as it answers one. */
export function errorWith(status: number, code: string, message: string): { status: number; body: string } {
  const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
  return { status, body };
}
