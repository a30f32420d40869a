import { stackWith, startCloudFormation } from './cloud-formation.ts';

/** A machine and a results bucket on the loopback address, and the key without which they answer 403. */
export interface LoopbackAws {
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
  endpoints: { stepFunctions: string; s3: string };
  stateMachineArn: string;
  bucket: string;
}

/** A stack as the command finds one on AWS: nothing but the environment says that it is here. */
export interface DeployedStack {
  environment: Record<string, string>;
  close(): Promise<void>;
}

/** Plays CloudFormation for a stack of these resources, and returns what the SDK goes by. */
export async function deploy(aws: LoopbackAws): Promise<DeployedStack> {
  const { stateMachineArn: StateMachineArn, bucket: ResultsBucketName } = aws;
  const cloudFormation = await startCloudFormation(() => stackWith({ StateMachineArn, ResultsBucketName }));
  return {
    environment: {
      // No configuration of this computer, and no question to the network, takes part.
      HOME: '/nonexistent',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_REGION: aws.region,
      AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
      AWS_SESSION_TOKEN: aws.credentials.sessionToken,
      AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
      AWS_ENDPOINT_URL_SFN: aws.endpoints.stepFunctions,
      AWS_ENDPOINT_URL_S3: aws.endpoints.s3,
    },
    close: cloudFormation.close,
  };
}

/** Lets the SDK of this process see nothing of its surroundings but this; the returned function gives all back. */
export function setAwsEnvironment(environment: Record<string, string>): () => void {
  const isTheirs = (name: string) => /^AWS_|^HOME$/.test(name);
  const saved = Object.entries(process.env).filter(([name]) => isTheirs(name));
  const set = (entries: Iterable<readonly [string, string | undefined]>) => {
    for (const name of Object.keys(process.env)) if (isTheirs(name)) delete process.env[name];
    for (const [name, value] of entries) process.env[name] = value;
  };
  set(Object.entries(environment));
  return () => set(saved);
}
