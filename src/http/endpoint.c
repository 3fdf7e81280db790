/* Where AWS is: region and endpoints from the standard variables and the profile (AWS SDKs and
 * Tools guide, "AWS Region", "Service-specific endpoints"). */
#include "http/internal.h"

#include <ctype.h>
#include <strings.h>

static bool is_true(const char *name)
{
    const char *value = environment(name);
    return value && strcasecmp(value, "true") == 0;
}

static const char *profile_setting(struct arena *arena, const char *name)
{
    struct profile p;
    if (profile_load(arena, NULL, &p) != OK) return NULL;
    const char *value = profile_value(&p, name);
    return value && *value ? value : NULL;
}

const char *http_aws_region(struct arena *arena)
{
    const char *region = environment("AWS_REGION");
    if (!region) region = environment("AWS_DEFAULT_REGION");
    return region ? region : profile_setting(arena, "region");
}

const char *http_aws_endpoint_set(struct arena *arena, const char *service)
{
    if (is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) return NULL;
    char *variable = arena_printf(arena, "AWS_ENDPOINT_URL_%s", service);
    for (char *c = variable; *c; c++) *c = (char)toupper((unsigned char)*c);
    const char *url = environment(variable);
    if (!url) url = environment("AWS_ENDPOINT_URL");
    return url ? url : profile_setting(arena, "endpoint_url");
}

/* The partitions of AWS: regions that begin so have their hosts under this name. */
static const struct {
    const char *regions, *domain;
} partitions[] = {
    {"cn-", "amazonaws.com.cn"}, {"us-isob-", "sc2s.sgov.gov"},  {"us-isof-", "csp.hci.ic.gov"},
    {"us-iso-", "c2s.ic.gov"},   {"eu-isoe-", "cloud.adc-e.uk"}, {"eusc-", "amazonaws.eu"},
    {"", "amazonaws.com"},
};
enum { PARTITIONS = sizeof partitions / sizeof *partitions };

const char *http_aws_endpoint(struct arena *arena, const char *service, const char *region)
{
    int i = 0;
    while (!span_starts(span_of(region), partitions[i].regions)) i++;
    return arena_printf(arena, "https://%s%s.%s.%s", service,
                        is_true("AWS_USE_FIPS_ENDPOINT") ? "-fips" : "", region,
                        partitions[i].domain);
}

bool http_is_aws(const char *url)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    span name = {host, strcspn(host, ":/")};
    for (int i = 0; i < PARTITIONS; i++) {
        span domain = span_of(partitions[i].domain);
        if (name.size > domain.size && name.data[name.size - domain.size - 1] == '.' &&
            span_equal_nocase((span){name.data + name.size - domain.size, domain.size}, domain))
            return true;
    }
    return false;
}
