import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { FunctionName } from '../contract/bundling.ts';
import { metricNames } from '../contract/metrics.ts';
import { metricOf } from './metrics.ts';
import type { TaskFunction } from './task-function.ts';

const PERIOD = Duration.minutes(5);

/** An alarm adds up ten metrics at most, and there are more functions than that. */
const groups: Record<'Mapping' | 'Verifying', readonly FunctionName[]> = {
  Mapping: ['ListCells', 'OpenCell', 'MapRange', 'CheckPassedOver', 'CloseCell', 'CellFailed', 'CloseRun'],
  Verifying: ['DigestMappings', 'DigestInstances', 'CompareCell', 'FindSuspects', 'ExamineSuspects', 'ChangeMappings'],
};

/** How many errors of functions in five minutes are more than what retries are for. */
const MANY_ERRORS = 10;

interface AlarmsProps {
  machineName: string;
  stateMachine: StateMachine;
  functions: Readonly<Record<FunctionName, TaskFunction>>;
  deadLetterQueue: IQueue;
  topic: ITopic;
}

/** The stack's alarms; each says what to do. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { machineName, stateMachine, deadLetterQueue } = props;
    const failed = {
      metric: new MathExpression({
        expression: 'failed + timedOut',
        label: 'Runs that failed',
        period: PERIOD,
        usingMetrics: {
          failed: stateMachine.metricFailed({ period: PERIOD, statistic: 'Sum' }),
          timedOut: stateMachine.metricTimedOut({ period: PERIOD, statistic: 'Sum' }),
        },
      }),
      alarmDescription:
        'A run failed. `cellmap runs` names it, `cellmap report RUN` says which cells failed and how to mend that, and ' +
        '`cellmap retry RUN` does them again. What was written is right.',
    };
    const attention = {
      metric: metricOf(machineName, metricNames.needsAttention, { statistic: 'Maximum', period: PERIOD }),
      alarmDescription:
        'A run of map left conflicts, wrong details or rows set aside. `cellmap report RUN` names them; ' +
        '`cellmap repair` mends the classes that it can. It is OK again after a run over every cell that finds nothing.',
      treatMissingData: TreatMissingData.IGNORE,
    };
    const drift = {
      metric: metricOf(machineName, metricNames.drift, { statistic: 'Maximum', period: PERIOD }),
      alarmDescription:
        'A run of verify found instances that Nova does not find, or mappings that are wrong. `cellmap report RUN` names ' +
        'them; `cellmap map` writes what is missing, `cellmap repair` mends the rest. It is OK again after a clean run.',
      treatMissingData: TreatMissingData.IGNORE,
    };
    const undelivered = {
      metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: 'Maximum' }),
      alarmDescription:
        'An event or a schedule started no run, or nobody was told how one ended. Read the messages of the dead-letter ' +
        'queue: their attributes say why. Start the run by hand, then purge the queue.',
    };
    this.all = [
      this.#alarm(props, 'RunFailed', failed),
      this.#alarm(props, 'NeedsAttention', attention),
      this.#alarm(props, 'DriftFound', drift),
      ...(Object.keys(groups) as (keyof typeof groups)[]).flatMap((group) => [
        this.#alarm(props, `${group}FunctionsFail`, {
          metric: this.#sum(props, group, 'errors'),
          threshold: MANY_ERRORS,
          evaluationPeriods: 3,
          alarmDescription:
            `For a quarter of an hour the functions ${groups[group].join(', ')} have failed more often than retries ` +
            'are for. The history of the run names the error; `cellmap report RUN` names the remedy.',
        }),
        this.#alarm(props, `${group}FunctionsThrottled`, {
          metric: this.#sum(props, group, 'throttles'),
          evaluationPeriods: 3,
          alarmDescription:
            "For a quarter of an hour the account's Lambda concurrency has not sufficed, so that the run goes slowly. " +
            'Run with fewer writers, or raise the quota.',
        }),
      ]),
      this.#alarm(props, 'Undelivered', undelivered),
    ];
  }

  #sum({ functions }: AlarmsProps, group: keyof typeof groups, what: 'errors' | 'throttles'): IMetric {
    const metrics = groups[group].map((name) => {
      const { function: lambda } = functions[name];
      const options = { period: PERIOD, statistic: 'Sum' };
      return [name, what === 'errors' ? lambda.metricErrors(options) : lambda.metricThrottles(options)] as const;
    });
    const usingMetrics = Object.fromEntries(metrics.map(([name, metric]) => [idOf(name), metric]));
    const expression = `SUM([${Object.keys(usingMetrics).join(', ')}])`;
    return new MathExpression({ expression, usingMetrics, label: `${group}: ${what}`, period: PERIOD });
  }

  #alarm(
    { machineName, topic }: AlarmsProps,
    id: string,
    props: Pick<AlarmProps, 'metric' | 'alarmDescription' | 'treatMissingData'> &
      Partial<Pick<AlarmProps, 'threshold' | 'evaluationPeriods'>>,
  ): Alarm {
    const alarm = new Alarm(this, id, {
      alarmName: `${machineName}-${id.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}`,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...props,
    });
    alarm.addAlarmAction(new SnsAction(topic));
    return alarm;
  }
}

/** CloudWatch's names of metrics in an expression begin with a lower-case letter. */
function idOf(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
