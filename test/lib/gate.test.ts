import 'aws-cdk-lib/testhelpers/jest-autoclean';
import { expect, it } from '@jest/globals';
import { Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { NovaStack } from '../../examples/aurora/nova-stack.ts';
import { newApp, newStack } from './example-stack.ts';

it("the example configuration passes CloudFormation's schemas and cdk-nag's AwsSolutions", () => {
  const app = newApp({ builtinCloudFormationValidation: true });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  newStack(app);
  expect(() => app.synth()).not.toThrow();
});

it('the example with Aurora clusters passes them too, though its ARNs are known only when it is deployed', () => {
  const app = newApp({ builtinCloudFormationValidation: true });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  new NovaStack(app, 'nova-databases');
  expect(() => app.synth()).not.toThrow();
});

it('a wildcard that nobody gave a reason for does not pass', () => {
  const app = newApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const statement = new PolicyStatement({ actions: ['s3:Get*'], resources: ['*'] });
  newStack(app).mapping.functions.MapRange.role.addToPolicy(statement);
  expect(() => app.synth()).toThrow('AwsSolutions-IAM5[Action::s3:Get*]');
});
