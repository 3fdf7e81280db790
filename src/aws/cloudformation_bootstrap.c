/* What the CDK finds before it deploys. On AWS `cdk bootstrap` makes it; here it is made on first
 * use, as a stack of the same name and the same logical ids, so that `cdk bootstrap` updates it.
 * First use: a role of it is assumed, or its version is read. */
#include "aws/cloudformation.h"

#include <pthread.h>

#define NAMED(name) "Fn::Sub: 'cdk-hnb659fds-" name "-${AWS::AccountId}-${AWS::Region}'"
#define ROLE(id, name, who)                                                                       \
    "  " id ":\n"                                                                                 \
    "    Type: AWS::IAM::Role\n"                                                                  \
    "    Properties:\n"                                                                           \
    "      RoleName: {" NAMED(name) "}\n"                                                         \
    "      AssumeRolePolicyDocument:\n"                                                           \
    "        Version: '2012-10-17'\n"                                                             \
    "        Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {" who "}}]\n"
#define THE_ACCOUNT "AWS: !Ref AWS::AccountId"

/* Version 27 of the bootstrap template, as far as Sluice looks at it: identity policies are not
 * evaluated here, so the roles have none. */
static const char template[] =
    "Description: What the AWS CDK needs in an account, as Sluice makes it on first use\n"
    "Resources:\n"
    "  StagingBucket:\n"
    "    Type: AWS::S3::Bucket\n"
    "    DeletionPolicy: Retain\n"
    "    UpdateReplacePolicy: Retain\n"
    "    Properties:\n"
    "      BucketName: {" NAMED("assets") "}\n"
    "      VersioningConfiguration: {Status: Enabled}\n"
    "      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true,\n"
    "        IgnorePublicAcls: true, RestrictPublicBuckets: true}\n"
    "  ContainerAssetsRepository:\n"
    "    Type: AWS::ECR::Repository\n"
    "    Properties:\n"
    "      RepositoryName: {" NAMED("container-assets") "}\n"
    ROLE("FilePublishingRole", "file-publishing-role", THE_ACCOUNT)
    ROLE("ImagePublishingRole", "image-publishing-role", THE_ACCOUNT)
    ROLE("LookupRole", "lookup-role", THE_ACCOUNT)
    ROLE("DeploymentActionRole", "deploy-role", THE_ACCOUNT)
    ROLE("CloudFormationExecutionRole", "cfn-exec-role", "Service: cloudformation.amazonaws.com")
    "  CdkBootstrapVersion:\n"
    "    Type: AWS::SSM::Parameter\n"
    "    Properties: {Type: String, Name: /cdk-bootstrap/hnb659fds/version, Value: '27'}\n"
    "Outputs:\n"
    "  BucketName: {Value: !Ref StagingBucket}\n"
    "  BucketDomainName: {Value: !GetAtt StagingBucket.RegionalDomainName}\n"
    "  ImageRepositoryName: {Value: !Ref ContainerAssetsRepository}\n"
    "  BootstrapVersion: {Value: '27'}\n";

static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool under_way; /* its own steps read what it makes */

static error make(struct call *c)
{
    struct stack s;
    error e = stack_open(c, "CDKToolkit", &s);
    if (e != ERR_VALIDATION) { /* there is one, whoever made it */
        if (e == OK) stack_release(&s);
        return e;
    }
    TRY(stack_create(c, "CDKToolkit", &s));
    json_object_set_new(s.document, "Template", json_string(template));
    e = stack_act_as(&s, NULL);
    if (e == OK) {
        stack_task(&s, TASK_CREATE, NULL);
        e = stack_save(&s);
    }
    if (e == OK) e = stack_run(&s);
    stack_release(&s);
    return e;
}

error cloudformation_bootstrap(const struct call *asking)
{
    struct call c = *asking;
    if (under_way) return OK;
    c.service = service_by_signing_name(SPAN("cloudformation"));
    c.principal = principal_root(c.arena, c.account);
    c.input = c.output = NULL;
    pthread_mutex_lock(&making);
    under_way = true;
    error e = make(&c);
    under_way = false;
    pthread_mutex_unlock(&making);
    return e;
}

bool cloudformation_bootstraps(const char *name)
{
    static const char role[] = "cdk-hnb659fds-";
    return strncmp(name, role, sizeof role - 1) == 0 ||
           strcmp(name, "/cdk-bootstrap/hnb659fds/version") == 0;
}
