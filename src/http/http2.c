#include "http/internal.h"

void http2_serve(struct connection *c)
{
    connection_set_wake(c, -1);
}
