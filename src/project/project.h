/* The example's project: six CloudFormation stacks made of one cdk.context.json, the file that the
 * example's CDK application reads. Names, logical ids, outputs, export names and property order are
 * those that the AWS construct library (2.111.0) gives, so that stacks deployed by the CDK and by
 * Sluice are the same ones; only AWS::CDK::Metadata, a usage statistic, is left out, as the CDK
 * does with --no-version-reporting. Everything here is pure: text in, documents out. */
#pragma once

#include "base/base.h"

/* ---- the stacks, in the order of their deployment (stacks.c) ---- */
struct project_stack {
    const char *name;
    const char *needs[3];       /* stacks to be deployed before, NULL-terminated */
};
enum { PROJECT_STACKS = 6 };
extern const struct project_stack project_stacks[PROJECT_STACKS];
int project_stack_find(const char *name); /* -1: none */

/* ---- cdk.context.json (context.c) ---- */
/* Something in the file that is not as it should be: fatal, or tolerated in the way it says. */
struct slip {
    const char *place;          /* "glue_kinesis_table.columns[2].type" */
    const char *text;
    bool fatal;
    struct slip *next;
};

struct project {
    const char *stream, *bucket, *assets, *script, *job, *database, *table;
    const char *region;         /* --aws_region; NULL: not said */
    json_t *arguments;          /* of the job, as Glue gets them: text -> text */
    json_t *columns;            /* [{"Name", "Type"}] */
    struct slip *slips;         /* in the order of the file's checks */
};

/* Reads and checks. ERR_PARSE: no JSON; ERR_INVALID_INPUT: some slip is fatal. The slips found are
 * there in any case. Texts live in the arena; release in any case. */
error project_read(struct arena *, span text, struct project *) MUST_CHECK;
void project_release(struct project *);

/* ---- templates (stacks.c) ---- */
/* A new reference; `stack` is an index of project_stacks. */
json_t *project_template(const struct project *, int stack);
/* As the CDK writes templates: indented by one, no final newline. */
void project_template_print(struct buffer *out, const json_t *template);

/* ---- comparing templates (difference.c) ---- */
struct difference {
    char mark;                  /* '+' comes, '-' goes, '~' changes */
    const char *section;        /* "Resources", "Outputs", ... */
    const char *name;           /* logical id */
    const char *type;           /* of a resource; else NULL */
    const char *path;           /* "Properties.TableInput.Name"; "" for all of it */
    const json_t *before, *after; /* NULL where there is none */
    bool replaces;              /* the resource is made anew */
};
typedef void difference_sink(void *context, const struct difference *);
/* Tells every difference; `deployed` NULL: there is none yet. What only the CDK's statistics are
 * about is not one. Returns how many there are. Sink NULL: only counts. */
int project_compare(const json_t *deployed, const json_t *wanted, difference_sink *, void *context);
