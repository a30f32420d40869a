import { AwsFault, type Endpoint, startEndpoint } from './endpoint.ts';

const TARGET = /^AmazonSSM\.(\w+)$/;
const FIELDS = new Set(['Name', 'WithDecryption']);

/**
 * Plays SSM's Parameter Store on this computer: GetParameter alone, over AWS JSON 1.1. Another operation or an unknown
 * field is refused by name.
 * @param options.key the run's key, without which a caller is answered 403
 * @param options.parameter the value of a parameter, or undefined where there is none of that name
 */
export function startSsm(options: {
  key: string;
  parameter: (name: string) => Promise<string | undefined> | string | undefined;
}): Promise<Endpoint> {
  return startEndpoint({
    key: options.key,
    handle: async ({ headers, body }) => {
      const operation = TARGET.exec(String(headers['x-amz-target']))?.[1] ?? 'unknown';
      if (operation !== 'GetParameter') {
        throw new AwsFault('UnknownOperationException', `${operation} is not implemented here, only GetParameter is`);
      }
      const name = parameterName(body);
      const value = await options.parameter(name);
      if (value === undefined) throw new AwsFault('ParameterNotFound', `Parameter ${name} not found.`);
      const parameter = { Name: name, Type: 'String', DataType: 'text', Value: value, Version: 1 };
      return {
        status: 200,
        headers: { 'content-type': 'application/x-amz-json-1.1' },
        body: JSON.stringify({ Parameter: parameter }),
      };
    },
  });
}

function parameterName(body: Buffer): string {
  let request: unknown;
  try {
    request = JSON.parse(body.toString());
  } catch {
    throw new AwsFault('SerializationException', 'The request is no JSON');
  }
  const fields = new Map(Object.entries(request ?? {}));
  const unknown = [...fields.keys()].find((field) => !FIELDS.has(field));
  if (unknown) throw new AwsFault('ValidationException', `${unknown} is not implemented here`);
  const name: unknown = fields.get('Name');
  if (typeof name !== 'string' || name === '') throw new AwsFault('ValidationException', 'Name is missing');
  return name;
}
