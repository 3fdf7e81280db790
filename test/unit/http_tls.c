/* The tests of the HTTP/1.1 server over TLS, and those of TLS alone. */
#define OVER_TLS
#include "http_server.c"
