"""The words of the graph: RDF terms, and closed namespaces that know their own terms."""
