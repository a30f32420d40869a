import { GetExecutionHistoryCommand, type SFNClient } from '@aws-sdk/client-sfn';

/** The states of a verification that are not a cell's, and what each is about. */
const phaseOfState = {
  DigestEachMappingRange: 'mappings',
  DigestMappings: 'mappings',
  FindSuspects: 'suspects',
  WaitForSecondLook: 'wait',
  ExamineEachPart: 'second look',
  ExamineSuspects: 'second look',
  ChangeEachPart: 'changes',
  ChangeMappings: 'changes',
  MapEachCell: null,
  CloseRun: null,
} as const;

/** The names of the states by which a phase is known. */
export const phaseStates = Object.keys(phaseOfState);

/** What a verification is about while it is not about its cells. */
export type Phase = NonNullable<(typeof phaseOfState)[keyof typeof phaseOfState]>;

/** Every range or part that is worked side by side adds some; the newest state that tells a phase is among these. */
const EVENTS = 100;

/** Finds out what a verification is about: null where it is its cells, or the beginning or the end. */
export async function readPhase(sfn: SFNClient, executionArn: string): Promise<Phase | null> {
  const { events = [] } = await sfn.send(
    new GetExecutionHistoryCommand({
      executionArn,
      reverseOrder: true,
      maxResults: EVENTS,
      includeExecutionData: false,
    }),
  );
  for (const { stateEnteredEventDetails } of events) {
    const name = stateEnteredEventDetails?.name ?? '';
    if (name in phaseOfState) return phaseOfState[name as keyof typeof phaseOfState];
  }
  return null;
}

/** What a person is told of a phase. */
export function phaseText(phase: Phase, secondLookSeconds: number): string {
  switch (phase) {
    case 'mappings':
      return 'Reading all of instance_mappings …';
    case 'suspects':
      return 'Summing up what is not simply right …';
    case 'wait':
      return `Waiting ${secondLookSeconds} s, then looking again at what differs: Nova may just be changing it …`;
    case 'second look':
      return 'Looking again at what differs …';
    case 'changes':
      return 'Changing the rows …';
  }
}
