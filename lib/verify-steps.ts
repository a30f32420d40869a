import { type Chain, Choice, Condition, JsonPath, Map as MapState, Pass, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { noUsage } from '../domain/usage.ts';
import { SETTINGS } from './paths.ts';
import type { MakeTask } from './task-states.ts';

const ITEM = JsonPath.objectAt('$$.Map.Item.Value');

/** The steps of a verification over all cells: digests of the mappings, the second look, and a repair's changes. */
export function verifySteps(scope: Construct, task: MakeTask) {
  return {
    digestMappings: new MapState(scope, 'DigestEachMappingRange', {
      comment: "Digests instance_mappings, all cells' at once, in ranges side by side.",
      itemsPath: '$.mappingRanges',
      itemSelector: { settings: SETTINGS, progress: ITEM },
      maxConcurrencyPath: '$.settings.writers',
      resultPath: '$.digested',
    }).itemProcessor(
      loop(scope, {
        task: task('DigestMappings', 'Digests mappings until the range is done or the turn is over.', PROGRESS),
        done: 'MappingsDigested',
        comment: 'Hands on how far the range has come.',
      }),
    ),
    findSuspects: task('FindSuspects', 'Sums up what is not simply right.', {
      resultPath: '$.found',
    }),
    examineSuspects: new MapState(scope, 'ExamineEachPart', {
      comment: 'Looks at the suspects again, in parts side by side, and judges them.',
      itemsPath: '$.found.parts',
      itemSelector: { settings: SETTINGS, progress: ITEM },
      maxConcurrencyPath: '$.settings.writers',
      resultPath: '$.examined',
    }).itemProcessor(
      loop(scope, {
        task: task(
          'ExamineSuspects',
          'Asks every database that matters, until the part or the turn is over.',
          PROGRESS,
        ),
        done: 'SuspectsExamined',
        comment: 'Hands on how many files the part has left.',
      }),
    ),
    changeMappings: new MapState(scope, 'ChangeEachPart', {
      comment: 'Changes the mappings of each part, those that are as they were seen.',
      itemsPath: '$.examined',
      itemSelector: {
        settings: SETTINGS,
        progress: {
          part: JsonPath.numberAt('$$.Map.Item.Value.part'),
          files: JsonPath.numberAt('$$.Map.Item.Value.turns'),
          filesDone: 0,
          next: 0,
          turns: 0,
          done: false,
          made: {},
          leftAlone: { number: 0, samples: [] },
          usage: { ...noUsage() },
        },
      },
      maxConcurrencyPath: '$.settings.writers',
      resultPath: '$.changed',
    }).itemProcessor(
      loop(scope, {
        task: task('ChangeMappings', 'Changes mappings until the part is done or the turn is over.', PROGRESS),
        done: 'MappingsChanged',
        comment: 'Hands on what was changed.',
      }),
    ),
  };
}

/** The steps of a verification in one cell: digests of its instances, and the rows where they differ. */
export function verifyCellSteps(scope: Construct, task: MakeTask, cellFailed: LambdaInvoke) {
  const compareCell = task('CompareCell', 'Compares the digests, and then the rows of what differs.', {
    resultPath: '$.compared',
  });
  return {
    digestInstances: new MapState(scope, 'DigestEachInstanceRange', {
      comment: "Digests the cell's instances in ranges side by side.",
      itemsPath: '$.opened.digests',
      itemSelector: { settings: SETTINGS, cell: JsonPath.objectAt('$.opened.cell'), progress: ITEM },
      maxConcurrencyPath: '$.settings.rangesAtOnce',
      resultPath: '$.digested',
    }).itemProcessor(
      loop(scope, {
        task: task('DigestInstances', 'Digests instances until the range is done or the turn is over.', PROGRESS),
        done: 'InstancesDigested',
        comment: 'Hands on how far the range has come.',
      }),
    ),
    compareCell: compareCell.addCatch(cellFailed, { resultPath: '$.error' }).next(
      new Choice(scope, 'CellCompared?', { comment: 'Goes on after the last row until all are compared.' })
        .when(
          Condition.booleanEquals('$.compared.done', true),
          new Pass(scope, 'CellCompared', {
            comment: 'Says which cell was compared; what was found is in the results bucket.',
            parameters: { uuid: JsonPath.stringAt('$.uuid'), status: 'compared' },
          }),
        )
        .otherwise(compareCell),
    ),
  };
}

const PROGRESS = { resultPath: '$.progress' };

/** Calls a task with its own progress until that says it is done. */
function loop(scope: Construct, { task, done, comment }: { task: LambdaInvoke; done: string; comment: string }): Chain {
  return task.next(
    new Choice(scope, `${done}?`, { comment: 'Goes on where it stopped, until it is done.' })
      .when(
        Condition.booleanEquals('$.progress.done', true),
        new Succeed(scope, done, { comment, outputPath: '$.progress' }),
      )
      .otherwise(task),
  );
}
