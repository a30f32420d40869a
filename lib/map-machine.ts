import { Duration, Fn, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  type Chain,
  Choice,
  Condition,
  DefinitionBody,
  DistributedMap,
  Fail,
  JsonPath,
  LogLevel,
  Map as MapState,
  Pass,
  StateMachine,
  Succeed,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { FunctionName } from '../contract/bundling.ts';
import { nagNameOf } from './nag-name.ts';
import { isVerification, MODE, SETTINGS } from './paths.ts';
import { type MakeTask, taskMaker } from './task-states.ts';
import { verifyCellSteps, verifySteps } from './verify-steps.ts';

/** How long a run may take: the largest clouds need an hour or two, and a run that hangs should end. */
const RUN_TIMEOUT = Duration.days(1);

/** What the names of the map's child executions begin with; without it CDK's policies would be wider. */
const MAP_LABEL = 'cells';

/** The state machine that maps every cell. */
export class MapMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(
    scope: Construct,
    id: string,
    props: {
      name: string;
      functionOf: (name: FunctionName) => IFunction;
      logRetention: RetentionDays;
      encryptionKey?: IKey;
    },
  ) {
    super(scope, id);
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: props.name,
      comment: 'Maps the instances of every cell of an OpenStack Nova.',
      definitionBody: DefinitionBody.fromChainable(new Run(this, props.functionOf).steps()),
      timeout: RUN_TIMEOUT,
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Log', {
          // CloudWatch's resource policy has room for few log groups, but for any number under this prefix.
          logGroupName: `/aws/vendedlogs/states/${props.name}`,
          retention: props.logRetention,
          encryptionKey: props.encryptionKey,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        // Payloads name hosts and instances; they stay in the history, which ends after 90 days.
        includeExecutionData: false,
      },
    });
    this.#acknowledge();
  }

  /** The wildcards of the policies that CDK writes for the machine. */
  #acknowledge(): void {
    const { stateMachine } = this;
    Validations.of(stateMachine.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray and the delivery of vended logs know no resources: AWS documents * for both.',
    });
    const stack = Stack.of(this);
    const name = stack.resolve(Fn.select(6, Fn.split(':', stateMachine.stateMachineArn)));
    const home = nagNameOf(this, `${stack.partition}:states:${stack.region}:${stack.account}`);
    const executions = `arn:${home}:execution:${JSON.stringify(name)}`;
    Validations.of(stateMachine.node.findChild('DistributedMapPolicy')).acknowledge(
      {
        id: `AwsSolutions-IAM5[Resource::${executions}:*]`,
        reason: 'Child executions get their names from Step Functions; these are those of this machine alone.',
      },
      {
        id: `AwsSolutions-IAM5[Resource::${executions}/${MAP_LABEL}:*]`,
        reason: 'The same, for the children of this one map.',
      },
    );
  }
}

/** The steps of a run, in reading order. */
class Run {
  readonly #scope: Construct;
  readonly #task: MakeTask;

  constructor(scope: Construct, functionOf: (name: FunctionName) => IFunction) {
    this.#scope = scope;
    this.#task = taskMaker(scope, functionOf);
  }

  steps(): Chain {
    const closeRun = this.#closeRun();
    const { digestMappings, findSuspects, examineSuspects, changeMappings } = verifySteps(this.#scope, this.#task);
    const orClose = { resultPath: '$.mapError' };
    const mapEachCell = this.#mapEachCell()
      // States.ALL leaves this one out: the children's answers together, which AWS limits even where they are dropped.
      .addCatch(closeRun, { errors: ['States.DataLimitExceeded'], resultPath: '$.mapError' })
      .addCatch(closeRun, orClose);

    const change = changeMappings.addCatch(closeRun, orClose).next(closeRun);
    const examine = examineSuspects
      .addCatch(closeRun, orClose)
      .next(
        this.#choice('ToChange?', 'Makes the changes of a repair that is to be applied.')
          .when(Condition.booleanEquals('$.settings.apply', true), change)
          .otherwise(closeRun),
      );
    const lookAgain = findSuspects
      .addCatch(closeRun, orClose)
      .next(
        this.#choice('AnySuspects?', 'Looks again at what is not simply right.')
          .when(Condition.booleanEquals('$.found.any', true), this.#waitForSecondLook().next(examine))
          .otherwise(closeRun),
      );
    mapEachCell.next(
      this.#choice('WasVerified?', 'A verification goes on with what its cells left in doubt.')
        .when(isVerification, lookAgain)
        .otherwise(closeRun),
    );
    return this.#task('ListCells', 'Checks the input and lists the cells to go over.', {
      payload: {
        run: JsonPath.executionName,
        startedAt: JsonPath.executionStartTime,
        input: JsonPath.objectAt('$$.Execution.Input'),
      },
    }).next(
      this.#choice('WhatToDo?', 'Maps, plans and counts cell by cell; the other modes have steps of their own.')
        .when(
          Condition.or(isVerification, Condition.booleanEquals('$.settings.passOver', true)),
          digestMappings.addCatch(closeRun, orClose).next(mapEachCell),
        )
        .when(Condition.stringEquals(MODE, 'explain'), examineSuspects)
        .when(Condition.stringEquals(MODE, 'undo'), changeMappings)
        .otherwise(mapEachCell),
    );
  }

  #choice(name: string, comment: string): Choice {
    return new Choice(this.#scope, name, { comment });
  }

  #waitForSecondLook(): Wait {
    return new Wait(this.#scope, 'WaitForSecondLook', {
      comment: 'Lets Nova finish what it was doing: only what is wrong at both looks counts.',
      time: WaitTime.secondsPath('$.found.waitSeconds'),
    });
  }

  #mapEachCell(): DistributedMap {
    return new DistributedMap(this.#scope, 'MapEachCell', {
      comment: 'Works each cell in a child execution of its own; one that fails never stops the others.',
      label: MAP_LABEL,
      itemsPath: '$.cells',
      itemSelector: { uuid: JsonPath.stringAt('$$.Map.Item.Value.uuid'), settings: SETTINGS },
      maxConcurrencyPath: '$.settings.cellsAtOnce',
      // Some failures cannot be caught in the child; CloseRun reports every cell that left no result.
      toleratedFailurePercentage: 100,
      resultPath: JsonPath.DISCARD,
    }).itemProcessor(this.#workCell());
  }

  #workCell(): Chain {
    const cellFailed = this.#task('CellFailed', 'Records why the cell failed; the run goes on with the others.');
    const orFail = { resultPath: '$.error' };
    const { digestInstances, compareCell } = verifyCellSteps(this.#scope, this.#task, cellFailed);
    const mapEachRange = this.#mapEachRange().addCatch(cellFailed, orFail);
    const payload = {
      settings: SETTINGS,
      opened: JsonPath.objectAt('$.opened'),
      ranges: JsonPath.objectAt('$.ranges'),
    };
    const checkPassedOver = this.#task(
      'CheckPassedOver',
      'Holds what was passed over against the mappings; what is in doubt is gone through.',
      { payload, resultPath: '$.opened' },
    ).addCatch(cellFailed, orFail);
    const closeCell = this.#task(
      'CloseCell',
      "Looks once more for rows that were committed late, and writes the cell's result.",
      { payload },
    ).addCatch(cellFailed, orFail);
    const mapCell = mapEachRange.next(
      this.#choice('PassedOver?', 'What was passed over by its digests is checked before the cell is closed.')
        .when(Condition.booleanEquals('$.opened.cell.passedOver', true), checkPassedOver.next(mapEachRange))
        .otherwise(closeCell),
    );
    return this.#task('OpenCell', "Finds the cell's database and splits its instances into ranges.", {
      resultPath: '$.opened',
    })
      .addCatch(cellFailed, orFail)
      .next(
        this.#choice('ToVerify?', 'Compares the cell with its mappings, or maps it.')
          .when(isVerification, digestInstances.addCatch(cellFailed, orFail).next(compareCell))
          .otherwise(mapCell),
      );
  }

  #mapEachRange(): MapState {
    return new MapState(this.#scope, 'MapEachRange', {
      comment: "Works the cell's ranges side by side; one that fails keeps what the others counted.",
      itemsPath: '$.opened.ranges',
      itemSelector: {
        settings: SETTINGS,
        cell: JsonPath.objectAt('$.opened.cell'),
        progress: JsonPath.objectAt('$$.Map.Item.Value'),
      },
      maxConcurrencyPath: '$.settings.rangesAtOnce',
      resultPath: '$.ranges',
    }).itemProcessor(this.#mapRange());
  }

  #mapRange(): Chain {
    const mapRange = this.#task('MapRange', 'Maps pages until the range is done or the turn is over.', {
      resultPath: '$.progress',
    });
    const rangeMapped = new Pass(this.#scope, 'RangeMapped', {
      comment: 'Keeps what the range counted.',
      parameters: { progress: JsonPath.objectAt('$.progress') },
    });
    const rangeFailed = new Pass(this.#scope, 'RangeFailed', {
      comment: 'Keeps what the range had counted, and the error that ended it.',
      parameters: { progress: JsonPath.objectAt('$.progress'), error: JsonPath.objectAt('$.error') },
    });
    return mapRange
      .addCatch(rangeFailed, { resultPath: '$.error' })
      .next(
        this.#choice('RangeDone?', 'Goes on after the last id until the range is done, at once or after a pause.')
          .when(Condition.booleanEquals('$.progress.done', true), rangeMapped)
          .when(Condition.numberGreaterThan('$.progress.restraint.pauseSeconds', 0), this.#pause().next(mapRange))
          .otherwise(mapRange),
      );
  }

  #pause(): Wait {
    return new Wait(this.#scope, 'Pause', {
      comment:
        'Leaves the database to others: the writer has a share of the time, or met locks, timeouts or throttling.',
      time: WaitTime.secondsPath('$.progress.restraint.pauseSeconds'),
    });
  }

  #closeRun(): Chain {
    const runFailed = Fail.jsonPath(this.#scope, 'RunFailed', {
      comment: 'At least one cell failed; the cause names it and the remedy.',
      errorPath: '$.failure.error',
      causePath: '$.failure.cause',
    });
    const runFinished = new Succeed(this.#scope, 'RunFinished', {
      comment: "Every cell was worked; the output holds the totals and the result document's key.",
    });
    return this.#task('CloseRun', "Folds the cells' results into the run's result document.").next(
      this.#choice('RunFailed?', 'Lets the execution fail where a cell did.')
        .when(Condition.stringEquals('$.status', 'failed'), runFailed)
        .otherwise(runFinished),
    );
  }
}
