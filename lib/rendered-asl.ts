import { App } from 'aws-cdk-lib';
import type { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { functionNames } from '../contract/bundling.ts';
import { CellmapStack } from './cellmap-stack.ts';
import type { Config } from './config.ts';

/** A state's fields in the order in which people read them; CDK writes them as they come. */
const readingOrder = [
  'Type',
  'Comment',
  'Label',
  'Resource',
  'TimeoutSeconds',
  'ItemsPath',
  'ItemSelector',
  'MaxConcurrencyPath',
  'ToleratedFailurePercentage',
  'ItemProcessor',
  'Parameters',
  'Choices',
  'Default',
  'SecondsPath',
  'OutputPath',
  'ErrorPath',
  'CausePath',
  'ResultPath',
  'Retry',
  'Catch',
  'Next',
  'End',
];

/**
 * The machine in the Amazon States Language, as it is deployed, but for the ARNs of the functions: `${ListCells}` and
 * so on stand for them.
 * @param config any valid configuration; nothing of it is in the machine
 */
export function renderAsl(config: Config): string {
  const stack = new CellmapStack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), config);
  const machine = stack.mapping.stateMachine.node.defaultChild as CfnStateMachine;
  const definition: { 'Fn::Join': [string, (string | { Ref: string })[]] } = stack.resolve(machine.definitionString);
  const nameByArn = new Map(
    functionNames.map((name) => [JSON.stringify(stack.resolve(stack.mapping.functions[name].alias.functionArn)), name]),
  );
  const text = definition['Fn::Join'][1]
    .map((part) => (typeof part === 'string' ? part : `\${${nameByArn.get(JSON.stringify(part))}}`))
    .join('');
  const { Comment, StartAt, TimeoutSeconds, States } = JSON.parse(text);
  return `${JSON.stringify({ Comment, StartAt, TimeoutSeconds, States }, inReadingOrder, 2)}\n`;
}

function inReadingOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('Type' in value)) return value;
  const place = ([field]: [string, unknown]) => {
    const index = readingOrder.indexOf(field);
    if (index < 0) throw new Error(`The field ${field} has no place in the reading order yet.`);
    return index;
  };
  return Object.fromEntries(Object.entries(value).sort((a, b) => place(a) - place(b)));
}
