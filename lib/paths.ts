import { Condition, JsonPath } from 'aws-cdk-lib/aws-stepfunctions';

/** What every step of a run goes by, in the machine's state. */
export const SETTINGS = JsonPath.objectAt('$.settings');

/** The path of the run's mode. */
export const MODE = '$.settings.mode';

/** Whether the run compares all with all: a repair first verifies. */
export const isVerification = Condition.or(
  Condition.stringEquals(MODE, 'verify'),
  Condition.stringEquals(MODE, 'repair'),
);
