/* The table of services: how a request names them, which protocol they speak, what they serve.
 * A service or operation that AWS has and Sluice does not serve has its row too: it is refused by
 * name, never answered with something plausible. */
#include "aws/cloudformation.h"
#include "aws/athena.h"
#include "aws/glue.h"
#include "aws/identity.h"
#include "aws/kinesis.h"
#include "aws/lakeformation.h"
#include "aws/logs.h"
#include "aws/s3.h"
#include "aws/ssm.h"

static const struct operation *const kinesis_operations[] = {
    kinesis_stream_operations,   kinesis_shard_operations,   kinesis_record_operations,
    kinesis_consumer_operations, kinesis_setting_operations, kinesis_unserved_operations,
    NULL,
};

static const struct operation *const s3_operations[] = {
    s3_bucket_operations,    s3_setting_operations, s3_list_operations,
    s3_object_operations,    s3_copy_operations,    s3_tagging_operations,
    s3_multipart_operations, s3_unserved_operations, NULL,
};

static const struct operation *const logs_tables[] = {logs_operations, logs_group_operations, NULL};
static const struct operation *const ssm_tables[] = {ssm_operations, ssm_unserved_operations,
                                                    NULL};
static const struct operation *const sts_tables[] = {sts_operations, NULL};
static const struct operation *const iam_tables[] = {iam_role_operations, iam_operations,
                                                    iam_unserved_operations, NULL};
static const struct operation *const lakeformation_tables[] = {
    lakeformation_operations, lakeformation_resource_operations,
    lakeformation_unserved_operations, NULL};

static const struct operation *const cloudformation_tables[] = {
    cloudformation_operations,      cloudformation_change_set_operations,
    cloudformation_list_operations, cloudformation_template_operations,
    cloudformation_unserved_operations, NULL};

const struct service services[] = {
    {.title = "Amazon Kinesis Data Streams", .target = "Kinesis_20131202",
     .signing_name = "kinesis", .protocol = PROTOCOL_JSON, .cbor = true,
     .operations = kinesis_operations},
    {.title = "AWS Glue", .target = "AWSGlue", .signing_name = "glue", .protocol = PROTOCOL_JSON,
     .operations = glue_operations},
    {.title = "Amazon Athena", .target = "AmazonAthena", .signing_name = "athena",
     .protocol = PROTOCOL_JSON, .operations = athena_operations,
     .reply_error = athena_reply_error},
    {.title = "AWS Systems Manager", .target = "AmazonSSM", .signing_name = "ssm",
     .protocol = PROTOCOL_JSON, .operations = ssm_tables},
    {.title = "Amazon CloudWatch Logs", .target = "Logs_20140328", .signing_name = "logs",
     .protocol = PROTOCOL_JSON, .operations = logs_tables},
    {.title = "Amazon Data Firehose", .target = "Firehose_20150804", .signing_name = "firehose",
     .protocol = PROTOCOL_JSON},
    {.title = "AWS Lake Formation", .signing_name = "lakeformation",
     .protocol = PROTOCOL_REST_JSON, .operations = lakeformation_tables},
    {.title = "AWS CloudFormation", .signing_name = "cloudformation", .protocol = PROTOCOL_QUERY,
     .operations = cloudformation_tables, .print_more = resource_types_print,
     .version = "2010-05-15",
     .xml_namespace = "http://cloudformation.amazonaws.com/doc/2010-05-15/"},
    {.title = "AWS Security Token Service", .signing_name = "sts", .protocol = PROTOCOL_QUERY,
     .operations = sts_tables, .version = "2011-06-15",
     .xml_namespace = "https://sts.amazonaws.com/doc/2011-06-15/"},
    {.title = "AWS Identity and Access Management", .signing_name = "iam",
     .protocol = PROTOCOL_QUERY, .operations = iam_tables, .version = "2010-05-08",
     .xml_namespace = "https://iam.amazonaws.com/doc/2010-05-08/"},
    {.title = "Amazon S3", .signing_name = "s3", .protocol = PROTOCOL_S3,
     .operations = s3_operations},
    {0},
};

const struct service *service_by_target(span prefix)
{
    for (const struct service *s = services; s->title; s++)
        if (s->target && span_is(prefix, s->target)) return s;
    return NULL;
}

const struct service *service_by_signing_name(span name)
{
    for (const struct service *s = services; s->title; s++)
        if (span_is(name, s->signing_name)) return s;
    return NULL;
}

const struct operation *service_operation(const struct service *s, span name)
{
    for (const struct operation *const *table = s->operations; table && *table; table++)
        for (const struct operation *o = *table; o->name; o++)
            if (span_is(name, o->name)) return o;
    return NULL;
}

static void print_service(struct buffer *out, const struct service *s)
{
    buffer_printf(out, "## %s\n\n", s->title);
    if (!s->operations) {
        buffer_append_text(out, "Not served: every request is refused with NotImplemented.\n\n");
        return;
    }
    buffer_append_text(out, "| operation | status | notes |\n|---|---|---|\n");
    for (const struct operation *const *table = s->operations; *table; table++)
        for (const struct operation *o = *table; o->name; o++)
            buffer_printf(out, "| %s | %s | %s |\n", o->name, o->run ? "served" : "not implemented",
                          o->note ? o->note : "");
    buffer_append_byte(out, '\n');
    if (s->print_more) s->print_more(out);
}

void gateway_print_compatibility(struct buffer *out)
{
    buffer_append_text(out, "# Compatibility\n\nWhat of AWS's interfaces this version of Sluice "
                            "serves. Anything else answers an error in AWS's own shape.\n\n");
    for (const struct service *s = services; s->title; s++) print_service(out, s);
}
