/* IAM. */
#include "aws/identity.h"

#include <ctype.h>

struct state_key iam_place(struct call *c, const char *kind, const char *name)
{
    char *folded = arena_text(c->arena, span_of(name));
    for (char *p = folded; *p; p++) *p = (char)tolower((unsigned char)*p);
    return (struct state_key){c->account, "-", kind, folded};
}

error iam_role_get(struct call *c, const char *name, json_t **out)
{
    error e = state_get_one(c->gateway->options.state, iam_place(c, IAM_ROLE, name), out);
    if (e != ERR_NOT_FOUND) return e;
    return fail(ERR_NO_SUCH_ENTITY, "The role with name %.128s cannot be found.", name);
}
