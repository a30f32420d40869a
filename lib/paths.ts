import { Condition, JsonPath } from 'aws-cdk-lib/aws-stepfunctions';
import { verifyingModes } from '../contract/payloads.ts';

/** What every step of a run goes by, in the machine's state. */
export const SETTINGS = JsonPath.objectAt('$.settings');

/** The path of the run's mode. */
export const MODE = '$.settings.mode';

/** Whether the run compares all with all. */
export const isVerification = Condition.or(...verifyingModes.map((mode) => Condition.stringEquals(MODE, mode)));
