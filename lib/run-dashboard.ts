import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  LogQueryVisualizationType,
  LogQueryWidget,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { FunctionName } from '../contract/bundling.ts';
import { metricNames } from '../contract/metrics.ts';
import { metricOf } from './metrics.ts';
import type { TaskFunction } from './task-function.ts';

const PERIOD = Duration.minutes(1);

interface RunDashboardProps {
  machineName: string;
  stateMachine: StateMachine;
  functions: Readonly<Record<FunctionName, TaskFunction>>;
  alarms: readonly Alarm[];
}

/** The runs of a machine at a glance: over all cells by metrics, and cell by cell from the logs. */
export class RunDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: RunDashboardProps) {
    super(scope, id);
    const { machineName, stateMachine, functions, alarms } = props;
    const of = (metricName: string, statistic: string, label: string) =>
      metricOf(machineName, metricName, { statistic, label, period: PERIOD });
    const runs = { period: PERIOD, statistic: 'Sum' };
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: machineName,
      defaultInterval: Duration.hours(6),
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 3 })],
        [
          graph('Instances mapped', [of(metricNames.instancesMapped, 'Sum', 'a minute')]),
          graph('Conflicts', [of(metricNames.conflicts, 'Sum', 'met a minute')]),
          graph('To look at', [
            of(metricNames.needsAttention, 'Maximum', 'after map'),
            of(metricNames.drift, 'Maximum', 'after verify'),
          ]),
        ],
        [
          graph('Page time, ms', [
            of(metricNames.pageTime, Stats.p(50), 'median'),
            of(metricNames.pageTime, Stats.p(99), '99th percentile'),
          ]),
          graph('Page size, rows', [
            of(metricNames.pageSize, 'Average', 'as it is set'),
            of(metricNames.pageRows, 'Average', 'as pages had them'),
          ]),
          graph('Runs', [
            stateMachine.metricStarted({ ...runs, label: 'started' }),
            stateMachine.metricSucceeded({ ...runs, label: 'succeeded' }),
            stateMachine.metricFailed({ ...runs, label: 'failed' }),
            stateMachine.metricAborted({ ...runs, label: 'stopped' }),
          ]),
        ],
        // A dimension for each cell would be paid by the cell and month; the logs know the cell anyway.
        [
          table('Cells: what their last run found', functions.CloseCell, [
            "filter message = 'cell closed' and ispresent(instances)",
            'stats latest(instances) as instances_seen, latest(mapped) as newly_mapped, ' +
              'latest(conflicts) as in_conflict, latest(status) as ended, latest(@timestamp) as at by name, cell',
            'sort in_conflict desc, instances_seen desc',
            'limit 200',
          ]),
          table('Cells: pages', functions.MapRange, [
            "filter message = 'range worked' and kind != 'passOver'",
            'stats avg(pageMs) as page_ms, avg(size) as page_rows, sum(pauseSeconds) as paused_s, ' +
              'sum(mapped) as newly_mapped by cell',
            'sort newly_mapped desc',
            'limit 200',
          ]),
        ],
      ],
    });
  }
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 8, height: 6, leftYAxis: { min: 0, showUnits: false } });
}

function table(title: string, { logGroup }: TaskFunction, queryLines: string[]): LogQueryWidget {
  return new LogQueryWidget({
    title,
    view: LogQueryVisualizationType.TABLE,
    logGroupNames: [logGroup.logGroupName],
    queryLines,
    width: 12,
    height: 8,
  });
}
