/* What every Glue operation begins with: the catalog it speaks of. */
#include "aws/glue.h"

error glue_catalog(struct call *c, struct catalog **out)
{
    const char *id = json_text(c->input, "CatalogId");
    if (id && strcmp(id, c->account) != 0)
        return fail(ERR_ACCESS_DENIED,
                    "User: arn:aws:iam::%s:root is not authorized to perform: glue:%s on resource: "
                    "arn:aws:glue:%s:%s:catalog because no resource-based policy allows it",
                    c->account, c->operation->name, c->region, id);
    if (json_text(c->input, "TransactionId"))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve transactions of governed tables");
    *out = catalog_local_in(c->arena, c->gateway->options.state, c->account, c->region);
    return OK;
}
