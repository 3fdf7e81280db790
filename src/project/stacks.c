/* The six stacks as the construct library writes them. Where a value comes from the project,
 * {"Project": NAME} stands for it, in the manner of the template language's own functions. */
#include "project/project.h"

/* The text of a JSON document, written as one. */
#define JSON(...) #__VA_ARGS__

#define STREAM_STACK "KinesisStreamAsGlueStreamingJobDataSource"
#define BUCKET_STACK "GlueStreamingSinkToS3Path"
#define ROLE_STACK "GlueStreamingSinkToS3JobRole"
#define SCHEMA_STACK "GlueSchemaOnKinesisStream"
#define GRANT_STACK "GrantLFPermissionsOnGlueJobRole"
#define JOB_STACK "GlueStreamingSinkToS3Job"

const struct project_stack project_stacks[PROJECT_STACKS] = {
    {BUCKET_STACK, {NULL}},
    {STREAM_STACK, {BUCKET_STACK}},
    {ROLE_STACK, {STREAM_STACK}},
    {SCHEMA_STACK, {STREAM_STACK}},
    {GRANT_STACK, {ROLE_STACK, SCHEMA_STACK}},
    {JOB_STACK, {GRANT_STACK}},
};

/* Hexadecimal digits at the end of ids are the library's digest of the construct's path. */
static const char bucket_template[] = JSON({
    "Resources": {
        "s3bucketFBFA637E": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": {"Project": "bucket"}},
            "UpdateReplacePolicy": "Delete",
            "DeletionPolicy": "Delete",
            "Metadata": {"aws:cdk:path": "GlueStreamingSinkToS3Path/s3bucket/Resource"}
        }
    },
    "Outputs": {
        "GlueStreamingSinkToS3PathS3Bucket": {"Value": {"Ref": "s3bucketFBFA637E"}}
    }
});

static const char stream_template[] = JSON({
    "Resources": {
        "SourceKinesisStreams11CE8FFC": {
            "Type": "AWS::Kinesis::Stream",
            "Properties": {
                "Name": {"Project": "stream"},
                "RetentionPeriodHours": 24,
                "StreamEncryption": {
                    "Fn::If": [
                        "AwsCdkKinesisEncryptedStreamsUnsupportedRegions",
                        {"Ref": "AWS::NoValue"},
                        {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
                    ]
                },
                "StreamModeDetails": {"StreamMode": "ON_DEMAND"}
            },
            "Metadata": {
                "aws:cdk:path":
                    "KinesisStreamAsGlueStreamingJobDataSource/SourceKinesisStreams/Resource"
            }
        }
    },
    "Conditions": {
        "AwsCdkKinesisEncryptedStreamsUnsupportedRegions": {
            "Fn::Or": [
                {"Fn::Equals": [{"Ref": "AWS::Region"}, "cn-north-1"]},
                {"Fn::Equals": [{"Ref": "AWS::Region"}, "cn-northwest-1"]}
            ]
        }
    },
    "Outputs": {
        "KinesisStreamAsGlueStreamingJobDataSourceKinesisDataStreamName": {
            "Value": {"Ref": "SourceKinesisStreams11CE8FFC"}
        },
        "ExportsOutputRefSourceKinesisStreams11CE8FFCD68F3004": {
            "Value": {"Ref": "SourceKinesisStreams11CE8FFC"},
            "Export": {
                "Name": "KinesisStreamAsGlueStreamingJobDataSource:ExportsOutputRefSourceKinesisStreams11CE8FFCD68F3004"
            }
        },
        "ExportsOutputFnGetAttSourceKinesisStreams11CE8FFCArn1E601CD5": {
            "Value": {"Fn::GetAtt": ["SourceKinesisStreams11CE8FFC", "Arn"]},
            "Export": {
                "Name": "KinesisStreamAsGlueStreamingJobDataSource:ExportsOutputFnGetAttSourceKinesisStreams11CE8FFCArn1E601CD5"
            }
        }
    }
});

static const char role_template[] = JSON({
    "Resources": {
        "GlueStreamingJobRoleB98D72B4": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Statement": [
                        {
                            "Action": "sts:AssumeRole",
                            "Effect": "Allow",
                            "Principal": {"Service": "glue.amazonaws.com"}
                        }
                    ],
                    "Version": "2012-10-17"
                },
                "ManagedPolicyArns": [
                    {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"},
                                       ":iam::aws:policy/service-role/AWSGlueServiceRole"]]},
                    {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"},
                                       ":iam::aws:policy/AmazonSSMReadOnlyAccess"]]},
                    {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"},
                                       ":iam::aws:policy/AWSGlueConsoleFullAccess"]]},
                    {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"},
                                       ":iam::aws:policy/AmazonKinesisReadOnlyAccess"]]}
                ],
                "Policies": [
                    {
                        "PolicyDocument": {
                            "Statement": [
                                {
                                    "Action": [
                                        "s3:DeleteObject", "s3:GetBucketAcl",
                                        "s3:GetBucketLocation", "s3:GetObject",
                                        "s3:GetObjectVersion", "s3:ListBucket", "s3:PutObject"
                                    ],
                                    "Effect": "Allow",
                                    "Resource": "*",
                                    "Sid": "S3Access"
                                },
                                {
                                    "Action": [
                                        "logs:DescribeLogGroups", "logs:DescribeLogStreams",
                                        "logs:PutLogEvents"
                                    ],
                                    "Effect": "Allow",
                                    "Resource": "*",
                                    "Sid": "CloudWatchLogsAccess"
                                }
                            ],
                            "Version": "2012-10-17"
                        },
                        "PolicyName": "aws_glue_job_role_policy"
                    }
                ],
                "RoleName": "GlueStreamingJobRole"
            },
            "Metadata": {
                "aws:cdk:path": "GlueStreamingSinkToS3JobRole/GlueStreamingJobRole/Resource"
            }
        },
        "GlueStreamingJobRoleDefaultPolicy08665BA5": {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "PolicyDocument": {
                    "Statement": [
                        {
                            "Action": "iam:PassRole",
                            "Condition": {
                                "StringLike": {"iam:PassedToService": ["glue.amazonaws.com"]}
                            },
                            "Effect": "Allow",
                            "Resource": {
                                "Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::",
                                                  {"Ref": "AWS::AccountId"}, ":role/",
                                                  {"Ref": "GlueStreamingJobRoleB98D72B4"}]]
                            },
                            "Sid": "AWSGlueJobIAMPassRole"
                        }
                    ],
                    "Version": "2012-10-17"
                },
                "PolicyName": "GlueStreamingJobRoleDefaultPolicy08665BA5",
                "Roles": [{"Ref": "GlueStreamingJobRoleB98D72B4"}]
            },
            "Metadata": {
                "aws:cdk:path":
                    "GlueStreamingSinkToS3JobRole/GlueStreamingJobRole/DefaultPolicy/Resource"
            }
        }
    },
    "Outputs": {
        "GlueStreamingSinkToS3JobRoleGlueJobRole": {
            "Value": {"Ref": "GlueStreamingJobRoleB98D72B4"}
        },
        "GlueStreamingSinkToS3JobRoleGlueJobRoleArn": {
            "Value": {"Fn::GetAtt": ["GlueStreamingJobRoleB98D72B4", "Arn"]}
        },
        "ExportsOutputFnGetAttGlueStreamingJobRoleB98D72B4ArnD8777296": {
            "Value": {"Fn::GetAtt": ["GlueStreamingJobRoleB98D72B4", "Arn"]},
            "Export": {
                "Name": "GlueStreamingSinkToS3JobRole:ExportsOutputFnGetAttGlueStreamingJobRoleB98D72B4ArnD8777296"
            }
        }
    }
});

static const char schema_template[] = JSON({
    "Resources": {
        "GlueCfnDatabase": {
            "Type": "AWS::Glue::Database",
            "Properties": {
                "CatalogId": {"Ref": "AWS::AccountId"},
                "DatabaseInput": {"Name": {"Project": "database"}}
            },
            "UpdateReplacePolicy": "Delete",
            "DeletionPolicy": "Delete",
            "Metadata": {"aws:cdk:path": "GlueSchemaOnKinesisStream/GlueCfnDatabase"}
        },
        "GlueCfnTable": {
            "Type": "AWS::Glue::Table",
            "Properties": {
                "CatalogId": {"Ref": "AWS::AccountId"},
                "DatabaseName": {"Project": "database"},
                "TableInput": {
                    "Name": {"Project": "table"},
                    "Parameters": {"classification": "json"},
                    "StorageDescriptor": {
                        "Columns": {"Project": "columns"},
                        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                        "Location": {
                            "Fn::ImportValue": "KinesisStreamAsGlueStreamingJobDataSource:ExportsOutputRefSourceKinesisStreams11CE8FFCD68F3004"
                        },
                        "OutputFormat":
                            "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                        "Parameters": {
                            "streamARN": {
                                "Fn::ImportValue": "KinesisStreamAsGlueStreamingJobDataSource:ExportsOutputFnGetAttSourceKinesisStreams11CE8FFCArn1E601CD5"
                            },
                            "typeOfData": "kinesis"
                        },
                        "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}
                    },
                    "TableType": "EXTERNAL_TABLE"
                }
            },
            "DependsOn": ["GlueCfnDatabase"],
            "UpdateReplacePolicy": "Delete",
            "DeletionPolicy": "Delete",
            "Metadata": {"aws:cdk:path": "GlueSchemaOnKinesisStream/GlueCfnTable"}
        }
    },
    "Outputs": {
        "GlueSchemaOnKinesisStreamGlueDatabaseName": {"Value": {"Project": "database"}}
    }
});

static const char grant_template[] = JSON({
    "Resources": {
        "CfnDataLakeSettings": {
            "Type": "AWS::LakeFormation::DataLakeSettings",
            "Properties": {
                "Admins": [
                    {
                        "DataLakePrincipalIdentifier": {
                            "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-hnb659fds-cfn-exec-role-${AWS::AccountId}-${AWS::Region}"
                        }
                    }
                ]
            },
            "Metadata": {"aws:cdk:path": "GrantLFPermissionsOnGlueJobRole/CfnDataLakeSettings"}
        },
        "CfnPrincipalPermissions": {
            "Type": "AWS::LakeFormation::PrincipalPermissions",
            "Properties": {
                "Permissions": ["SELECT", "DESCRIBE"],
                "PermissionsWithGrantOption": [],
                "Principal": {
                    "DataLakePrincipalIdentifier": {
                        "Fn::ImportValue": "GlueStreamingSinkToS3JobRole:ExportsOutputFnGetAttGlueStreamingJobRoleB98D72B4ArnD8777296"
                    }
                },
                "Resource": {
                    "Table": {
                        "CatalogId": {"Ref": "AWS::AccountId"},
                        "DatabaseName": {"Project": "database"},
                        "TableWildcard": {}
                    }
                }
            },
            "DependsOn": ["CfnDataLakeSettings"],
            "UpdateReplacePolicy": "Delete",
            "DeletionPolicy": "Delete",
            "Metadata": {"aws:cdk:path": "GrantLFPermissionsOnGlueJobRole/CfnPrincipalPermissions"}
        }
    },
    "Outputs": {
        "GrantLFPermissionsOnGlueJobRolePrincipal": {
            "Value": {"Fn::GetAtt": ["CfnPrincipalPermissions", "PrincipalIdentifier"]}
        }
    }
});

static const char job_template[] = JSON({
    "Resources": {
        "GlueStreamingETLJob": {
            "Type": "AWS::Glue::Job",
            "Properties": {
                "Command": {
                    "Name": "gluestreaming",
                    "PythonVersion": "3",
                    "ScriptLocation": {"Project": "script"}
                },
                "DefaultArguments": {"Project": "arguments"},
                "Description": "This job loads the data from Kinesis Data Streams to S3.",
                "ExecutionProperty": {"MaxConcurrentRuns": 1},
                "GlueVersion": "3.0",
                "MaxRetries": 0,
                "Name": {"Project": "job"},
                "NumberOfWorkers": 2,
                "Role": {
                    "Fn::ImportValue": "GlueStreamingSinkToS3JobRole:ExportsOutputFnGetAttGlueStreamingJobRoleB98D72B4ArnD8777296"
                },
                "Timeout": 2880,
                "WorkerType": "G.1X"
            },
            "Metadata": {"aws:cdk:path": "GlueStreamingSinkToS3Job/GlueStreamingETLJob"}
        }
    },
    "Outputs": {
        "GlueStreamingSinkToS3JobGlueJobName": {"Value": {"Project": "job"}},
        "GlueStreamingSinkToS3JobGlueJobRoleArn": {
            "Value": {
                "Fn::ImportValue": "GlueStreamingSinkToS3JobRole:ExportsOutputFnGetAttGlueStreamingJobRoleB98D72B4ArnD8777296"
            }
        }
    }
});

/* At the end of each: the account must have been bootstrapped for the CDK, whose execution role the
 * stacks name. */
static const char bootstrap_part[] = JSON({
    "Parameters": {
        "BootstrapVersion": {
            "Type": "AWS::SSM::Parameter::Value<String>",
            "Default": "/cdk-bootstrap/hnb659fds/version",
            "Description": "Version of the CDK Bootstrap resources in this environment, automatically retrieved from SSM Parameter Store. [cdk:skip]"
        }
    },
    "Rules": {
        "CheckBootstrapVersion": {
            "Assertions": [
                {
                    "Assert": {
                        "Fn::Not": [
                            {"Fn::Contains": [["1", "2", "3", "4", "5"],
                                              {"Ref": "BootstrapVersion"}]}
                        ]
                    },
                    "AssertDescription": "CDK bootstrap stack version 6 required. Please run 'cdk bootstrap' with a recent version of the CDK CLI."
                }
            ]
        }
    }
});

/* In the order of project_stacks. */
static const char *const templates[PROJECT_STACKS] = {
    bucket_template, stream_template, role_template, schema_template, grant_template, job_template,
};

int project_stack_find(const char *name)
{
    for (int i = 0; i < PROJECT_STACKS; i++)
        if (strcmp(project_stacks[i].name, name) == 0) return i;
    return -1;
}

static json_t *values_of(const struct project *p)
{
    struct arena arena = {0};
    json_t *values = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:O, s:O}", "stream", p->stream, "bucket", p->bucket,
        "database", p->database, "table", p->table, "job", p->job, "script",
        arena_printf(&arena, "s3://%s/scripts/%s", p->assets, p->script), "arguments",
        p->arguments, "columns", p->columns);
    CHECK(values);
    arena_release(&arena);
    return values;
}

/* The document with the project's values in place; steals `from`. */
static json_t *fill(json_t *from, const json_t *values)
{
    const char *name = json_object_size(from) == 1 ? json_text(from, "Project") : NULL;
    json_t *value;
    size_t i;
    void *next;
    if (name) {
        json_t *filled = json_incref(json_object_get(values, name));
        CHECK(filled);
        json_decref(from);
        return filled;
    }
    json_array_foreach(from, i, value) json_array_set_new(from, i, fill(json_incref(value), values));
    json_object_foreach_safe(from, next, name, value)
        json_object_set_new(from, name, fill(json_incref(value), values));
    return from;
}

json_t *project_template(const struct project *project, int stack)
{
    json_t *template, *bootstrap, *values = values_of(project);
    CHECK(json_read(span_of(templates[stack]), &template) == OK);
    CHECK(json_read(span_of(bootstrap_part), &bootstrap) == OK);
    json_object_update(template, bootstrap);
    json_decref(bootstrap);
    template = fill(template, values);
    json_decref(values);
    return template;
}

void project_template_print(struct buffer *out, const json_t *template)
{
    json_print_indented(out, template, 1);
}
