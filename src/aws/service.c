/* The table of services: how a request names them, which protocol they speak, what they serve.
 * A service or operation that AWS has and Sluice does not serve has its row too: it is refused by
 * name, never answered with something plausible. */
#include "aws/glue.h"
#include "aws/kinesis.h"
#include "aws/s3.h"

static const struct operation *const kinesis_operations[] = {
    kinesis_stream_operations,   kinesis_shard_operations,   kinesis_record_operations,
    kinesis_consumer_operations, kinesis_setting_operations, kinesis_unserved_operations,
    NULL,
};

static const struct operation *const s3_operations[] = {
    s3_bucket_operations, s3_object_operations, s3_list_operations, NULL,
};

const struct service services[] = {
    {"Amazon Kinesis Data Streams", "Kinesis_20131202", "kinesis", PROTOCOL_JSON, true,
     kinesis_operations},
    {"AWS Glue", "AWSGlue", "glue", PROTOCOL_JSON, false, glue_operations},
    {"Amazon Athena", "AmazonAthena", "athena", PROTOCOL_JSON, false, NULL},
    {"AWS Systems Manager", "AmazonSSM", "ssm", PROTOCOL_JSON, false, NULL},
    {"Amazon CloudWatch Logs", "Logs_20140328", "logs", PROTOCOL_JSON, false, NULL},
    {"Amazon Data Firehose", "Firehose_20150804", "firehose", PROTOCOL_JSON, false, NULL},
    {"AWS Lake Formation", NULL, "lakeformation", PROTOCOL_REST_JSON, false, NULL},
    {"AWS CloudFormation", NULL, "cloudformation", PROTOCOL_QUERY, false, NULL},
    {"AWS Security Token Service", NULL, "sts", PROTOCOL_QUERY, false, NULL},
    {"AWS Identity and Access Management", NULL, "iam", PROTOCOL_QUERY, false, NULL},
    {"Amazon S3", NULL, "s3", PROTOCOL_S3, false, s3_operations},
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
}

void gateway_print_compatibility(struct buffer *out)
{
    buffer_append_text(out, "# Compatibility\n\nWhat of AWS's interfaces this version of Sluice "
                            "serves. Anything else answers an error in AWS's own shape.\n\n");
    for (const struct service *s = services; s->title; s++) print_service(out, s);
}
