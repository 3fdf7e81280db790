// The tests of the HTTP/2 server as node's client sees it, over TLS with ALPN.
process.env.HTTP2_OVER_TLS = 'yes';
await import('./http2_client.mjs');
