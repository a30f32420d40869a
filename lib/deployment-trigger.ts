import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { DeploymentEvent } from './config.ts';
import { DELIVERY } from './dead-letters.ts';

/** Runs `map` after an event, such as the end of a deployment. */
export class DeploymentTrigger extends Construct {
  readonly rule: Rule;

  constructor(
    scope: Construct,
    id: string,
    props: { event: DeploymentEvent; stateMachine: StateMachine; deadLetterQueue: IQueue },
  ) {
    super(scope, id);
    const { source, detailType, detail } = props.event;
    // The detail is handed over whole: a template cannot say "the cells, where there are any". ListCells checks it.
    const input = RuleTargetInput.fromObject({
      mode: 'map',
      event: {
        id: EventField.eventId,
        source: EventField.source,
        detailType: EventField.detailType,
        detail: EventField.fromPath('$.detail'),
      },
    });
    const { deadLetterQueue } = props;
    this.rule = new Rule(this, 'Rule', {
      description: `cellmap: maps the cells after an event of ${[source].flat().join(' or ')}`,
      eventPattern: { source: [source].flat(), detailType: [detailType].flat(), detail },
      targets: [new SfnStateMachine(props.stateMachine, { input, deadLetterQueue, ...DELIVERY })],
    });
  }
}
