import { Stack, Token } from 'aws-cdk-lib';
import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';

/** The pages of the AWS console that show a stack's runs. */
export interface ConsoleLinks {
  machine: string;
  dashboard: string;
  alarms: string;
}

/** The links of a machine. */
export function consoleLinks(machineName: string, stateMachine: StateMachine, dashboard: Dashboard): ConsoleLinks {
  const { region } = Stack.of(stateMachine);
  const page = (path: string) => `https://${hostIn(region)}/${path}`;
  return {
    machine: page(`states/home?region=${region}#/statemachines/view/${stateMachine.stateMachineArn}`),
    dashboard: page(`cloudwatch/home?region=${region}#dashboards/dashboard/${dashboard.dashboardName}`),
    alarms: page(`cloudwatch/home?region=${region}#alarmsV2:?search=${machineName}-`),
  };
}

/** A region that is known only when the stack is deployed is taken for one of AWS's own partition. */
function hostIn(region: string): string {
  if (!Token.isUnresolved(region)) {
    if (region.startsWith('cn-')) return 'console.amazonaws.cn';
    if (region.startsWith('us-gov-')) return 'console.amazonaws-us-gov.com';
  }
  return `${region}.console.aws.amazon.com`;
}
