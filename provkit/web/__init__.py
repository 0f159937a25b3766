"""The SPARQL endpoint and the web pages."""
