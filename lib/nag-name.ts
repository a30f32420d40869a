import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * An ARN as cdk-nag names it in a finding: what is known only when the stack is deployed as `<LogicalId.Attribute>`.
 * An acknowledgement must have the very text.
 */
export function nagNameOf(scope: IConstruct, arn: string): string {
  return textOf(Stack.of(scope).resolve(arn));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value.replaceAll('${', '<').replaceAll('}', '>');
  const [[intrinsic, argument] = ['', '']] = Object.entries(value as Record<string, unknown>);
  switch (intrinsic) {
    case 'Fn::Join': {
      const [delimiter, parts] = argument as [string, unknown[]];
      return parts.map(textOf).join(delimiter);
    }
    case 'Fn::GetAtt':
      return `<${(argument as unknown[]).map(textOf).join('.')}>`;
    case 'Ref':
      return `<${textOf(argument)}>`;
    default:
      return JSON.stringify(value);
  }
}
