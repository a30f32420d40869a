import { RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { FlowLogDestination, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  AuroraMysqlEngineVersion,
  AuroraPostgresEngineVersion,
  ClusterInstance,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseSecret,
  type IClusterEngine,
} from 'aws-cdk-lib/aws-rds';
import { CnameRecord, PrivateHostedZone } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
// In a project of your own: from 'cellmap'.
import { InstanceMapping } from '../../lib/index.ts';

const mysql = DatabaseClusterEngine.auroraMysql({ version: AuroraMysqlEngineVersion.VER_3_08_0 });
const postgresql = DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_16_4 });

const noRotation = {
  id: 'AwsSolutions-SMG4',
  reason:
    'Rotation takes a function in the VPC, which a project has already or does not want. cellmap needs nothing for it.',
};

/** The databases of a Nova with two cells, one on each engine, and cellmap beside them. */
export class NovaStack extends Stack {
  readonly mapping: InstanceMapping;
  readonly #vpc: Vpc;
  readonly #zone: PrivateHostedZone;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    this.#vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'Database', subnetType: SubnetType.PRIVATE_ISOLATED }],
      flowLogs: { Rejected: { destination: FlowLogDestination.toCloudWatchLogs() } },
    });
    this.#zone = new PrivateHostedZone(this, 'Zone', { vpc: this.#vpc, zoneName: 'nova.internal' });
    const api = this.#cluster('Api', mysql, 'nova_api');
    const cell1 = this.#cluster('Cell1', mysql, 'nova_cell1');
    const cell2 = this.#cluster('Cell2', postgresql, 'nova_cell2');

    this.mapping = new InstanceMapping(this, 'Mapping', {
      apiDatabase: {
        clusterArn: api.cluster.clusterArn,
        secretArn: this.#secret('ApiMapper', 'cellmap_api', api.cluster),
        repairSecretArn: this.#secret('ApiRepairer', 'cellmap_repair', api.cluster),
        database: 'nova_api',
        dialect: 'mysql',
      },
      mainDatabaseUrl: `mysql+pymysql://${api.host}:${PORT}/nova_cell0`,
      // cell0 is on the API database's server.
      directory: [
        { host: api.host, ...this.#reader('Cell0Reader', api.cluster) },
        { host: cell1.host, ...this.#reader('Cell1Reader', cell1.cluster) },
        { host: cell2.host, ...this.#reader('Cell2Reader', cell2.cluster) },
      ],
      deploymentEvent: { source: 'nova.pipeline', detailType: 'Nova Deployed' },
      nightlyVerify: { at: '03:17', timeZone: 'Europe/Berlin' },
      notifyEmails: ['nova-operators@example.org'],
    });
    this.mapping.writeOutputs();
  }

  /** A cluster with the Data API, under a name that Nova can have in cell_mappings before the cluster exists. */
  #cluster(id: string, engine: IClusterEngine, databaseName: string): { cluster: DatabaseCluster; host: string } {
    const recordName = id.toLowerCase();
    const cluster = new DatabaseCluster(this, id, {
      engine,
      defaultDatabaseName: databaseName,
      writer: ClusterInstance.serverlessV2('Writer'),
      serverlessV2MinCapacity: 0.5,
      serverlessV2MaxCapacity: 8,
      enableDataApi: true,
      vpc: this.#vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      port: PORT,
      storageEncrypted: true,
      iamAuthentication: true,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      cloudwatchLogsExports: engine === mysql ? ['audit', 'error', 'general', 'slowquery'] : ['postgresql'],
    });
    Validations.of(cluster).acknowledge(noRotation, {
      id: 'AwsSolutions-RDS14',
      reason: 'Serverless instances have no backtrack; the automatic backups bring a cluster back to any second.',
    });
    const domainName = cluster.clusterEndpoint.hostname;
    new CnameRecord(this, `${id}Name`, { zone: this.#zone, recordName, domainName });
    return { cluster, host: `${recordName}.nova.internal` };
  }

  /** The secret of a user of its own in a cluster; docs/permissions.md has the SQL that makes the user. */
  #secret(id: string, username: string, cluster: DatabaseCluster): string {
    const secret = new DatabaseSecret(this, id, { username });
    Validations.of(secret).acknowledge(noRotation);
    return secret.attach(cluster).secretArn;
  }

  #reader(id: string, cluster: DatabaseCluster): { clusterArn: string; secretArn: string } {
    return { clusterArn: cluster.clusterArn, secretArn: this.#secret(id, 'cellmap_cell', cluster) };
  }
}

/** No engine's usual port. */
const PORT = 6_033;
