"""Where the graph is kept: an embedded Oxigraph, or any SPARQL 1.1 server."""
