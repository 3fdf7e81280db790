// The example's six stacks as a CDK app: bucket, stream, role, catalog, grants, job. What they are
// called comes from cdk.context.json. CDK_LIB names the construct library.
'use strict';
const library = process.env.CDK_LIB || 'aws-cdk-lib';
const cdk = require(library);
const [glue, iam, kinesis, lakeformation, s3] =
    ['glue', 'iam', 'kinesis', 'lakeformation', 's3'].map((name) => require(`${library}/aws-${name}`));

const app = new cdk.App();
const context = (key) => app.node.tryGetContext(key);
const jobArguments = context('glue_job_input_arguments');
const table = context('glue_kinesis_table');
const assets = `s3://${context('glue_assets_s3_bucket_name')}`;

// An output's key is its id without underscores.
const output = (stack, name, value) => new cdk.CfnOutput(stack, `${stack.stackName}_${name}`, {value});
const gone = (resource) => (resource.applyRemovalPolicy(cdk.RemovalPolicy.DESTROY), resource);

const pathStack = new cdk.Stack(app, 'GlueStreamingSinkToS3Path');
const bucket = new s3.Bucket(pathStack, 's3bucket', {
    bucketName: new URL(jobArguments['--output_path']).host,
    removalPolicy: cdk.RemovalPolicy.DESTROY,
});
output(pathStack, 'S3Bucket', bucket.bucketName);

const streamStack = new cdk.Stack(app, 'KinesisStreamAsGlueStreamingJobDataSource');
const stream = new kinesis.Stream(streamStack, 'SourceKinesisStreams', {
    streamName: context('kinesis_stream_name'),
    streamMode: kinesis.StreamMode.ON_DEMAND,
    retentionPeriod: cdk.Duration.days(1),
});
gone(stream.node.defaultChild); // newer libraries retain streams
output(streamStack, 'KinesisDataStreamName', stream.streamName);

const roleStack = new cdk.Stack(app, 'GlueStreamingSinkToS3JobRole');
const role = new iam.Role(roleStack, 'GlueStreamingJobRole', {
    roleName: 'GlueStreamingJobRole',
    assumedBy: new iam.ServicePrincipal('glue.amazonaws.com'),
    inlinePolicies: {
        aws_glue_job_role_policy: new iam.PolicyDocument({
            statements: [
                new iam.PolicyStatement({
                    sid: 'S3Access', resources: ['*'],
                    actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:ListBucket'],
                }),
            ],
        }),
    },
    managedPolicies: ['service-role/AWSGlueServiceRole', 'AmazonKinesisReadOnlyAccess'].map(
        (name) => iam.ManagedPolicy.fromAwsManagedPolicyName(name)),
});
role.addToPolicy(new iam.PolicyStatement({
    sid: 'PassItself', actions: ['iam:PassRole'],
    resources: [roleStack.formatArn({service: 'iam', region: '', resource: 'role', resourceName: role.roleName})],
    conditions: {StringLike: {'iam:PassedToService': ['glue.amazonaws.com']}},
}));
output(roleStack, 'GlueJobRole', role.roleName);
output(roleStack, 'GlueJobRoleArn', role.roleArn);

const schemaStack = new cdk.Stack(app, 'GlueSchemaOnKinesisStream');
const database = gone(new glue.CfnDatabase(schemaStack, 'GlueCfnDatabase', {
    catalogId: cdk.Aws.ACCOUNT_ID, databaseInput: {name: table.database_name},
}));
gone(new glue.CfnTable(schemaStack, 'GlueCfnTable', {
    catalogId: cdk.Aws.ACCOUNT_ID,
    databaseName: table.database_name,
    tableInput: {
        name: table.table_name,
        tableType: 'EXTERNAL_TABLE',
        parameters: {classification: 'json'},
        storageDescriptor: {
            columns: table.columns,
            location: stream.streamName,
            inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
            outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
            serdeInfo: {serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe'},
            parameters: {streamARN: stream.streamArn, typeOfData: 'kinesis'},
        },
    },
})).addDependency(database);
output(schemaStack, 'GlueDatabaseName', table.database_name);

const grantStack = new cdk.Stack(app, 'GrantLFPermissionsOnGlueJobRole');
const settings = new lakeformation.CfnDataLakeSettings(grantStack, 'CfnDataLakeSettings', {
    admins: [{dataLakePrincipalIdentifier: cdk.Fn.sub(grantStack.synthesizer.cloudFormationExecutionRoleArn)}],
});
const grant = gone(new lakeformation.CfnPrincipalPermissions(grantStack, 'CfnPrincipalPermissions', {
    principal: {dataLakePrincipalIdentifier: role.roleArn},
    permissions: ['SELECT', 'DESCRIBE'],
    permissionsWithGrantOption: [],
    resource: {table: {catalogId: cdk.Aws.ACCOUNT_ID, databaseName: table.database_name, tableWildcard: {}}},
}));
grant.addDependency(settings);
output(grantStack, 'Principal', grant.attrPrincipalIdentifier);

const jobStack = new cdk.Stack(app, 'GlueStreamingSinkToS3Job');
const job = new glue.CfnJob(jobStack, 'GlueStreamingETLJob', {
    name: context('glue_job_name'),
    role: role.roleArn,
    command: {
        name: 'gluestreaming', pythonVersion: '3',
        scriptLocation: `${assets}/scripts/${context('glue_job_script_file_name')}`,
    },
    defaultArguments: {'--TempDir': `${assets}/temporary/`, ...jobArguments},
    executionProperty: {maxConcurrentRuns: 1},
    glueVersion: '3.0', maxRetries: 0, numberOfWorkers: 2, workerType: 'G.1X', timeout: 2880,
});
output(jobStack, 'GlueJobName', job.name);
output(jobStack, 'GlueJobRoleArn', role.roleArn);

streamStack.addDependency(pathStack);
roleStack.addDependency(streamStack);
schemaStack.addDependency(streamStack);
grantStack.addDependency(schemaStack);
jobStack.addDependency(grantStack);
